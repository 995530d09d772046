"""How well people are told apart: the matcher measured on people of whom it is known who is who."""
