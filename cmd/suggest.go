package cmd

import (
	"fmt"
	"slices"
	"strings"
)

// unknown returns the error about a name that is not among the known ones. It
// suggests the nearest; where none is near it ends with advice.
func unknown(what, name string, known []string, advice string) error {
	if near := nearest(name, known); near != "" {
		return fmt.Errorf("unknown %s %q (did you mean %q?)", what, name, near)
	}
	return fmt.Errorf("unknown %s %q: %s", what, name, advice)
}

// nearest returns the known name that differs from name in the fewest letters, a
// third of them at most, else one that begins with name, else "".
func nearest(name string, known []string) string {
	name = strings.ToLower(name)
	if name == "twitter" && slices.Contains(known, "x") {
		return "x" // its name today
	}
	best, most := "", min(len(name)-1, max(1, (len(name)+1)/3))
	for _, candidate := range known {
		if d := distance(name, candidate); d <= most {
			best, most = candidate, d-1
		}
	}
	for _, candidate := range known {
		if best == "" && len(name) > 1 && strings.HasPrefix(candidate, name) {
			best = candidate
		}
	}
	return best
}

// distance counts the letters to insert, delete, replace or swap with their
// neighbour to get from a to b.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last := make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := range s {
		row := make([]int, len(t)+1)
		row[0] = i + 1
		for j := range t {
			replace := last[j]
			if s[i] != t[j] {
				replace++
			}
			row[j+1] = min(replace, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(t)]
}

// either joins choices for an error: text, json or none.
func either(choices []string) string {
	last := len(choices) - 1
	if last < 1 {
		return strings.Join(choices, "")
	}
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}
