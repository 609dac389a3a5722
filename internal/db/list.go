package db

import "strings"

// Marks returns the places of n values in a statement, "?, ?, ?", as IN and VALUES want them.
func Marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// Args returns values as the arguments of a statement.
func Args[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}
