"""The template doctor: what the trainers would really learn from a row, seen in the collated tensors."""
