// Representations
