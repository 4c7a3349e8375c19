"""Vietnamese school notation as exact values, and back: numbers, fractions, units, times, words."""
