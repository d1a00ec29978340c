"""Bills that repeat: when they fall, what a part of a period costs, and the schedules that raise them."""
