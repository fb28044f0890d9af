//go:build unix

package main

import (
	"fmt"
	"slices"
	"strings"
)

// row is a line of the table: what was measured, what came out, the floor, and
// whether it holds.
type row struct{ what, result, floor, verdict string }

func (r *row) atLeast(value, floor float64) {
	r.hold(value >= floor, fmt.Sprintf("at least %g", floor))
}
func (r *row) atMost(value, most float64) { r.hold(value <= most, fmt.Sprintf("at most %g", most)) }

func (r *row) hold(ok bool, floor string) {
	r.floor, r.verdict = floor, "yes"
	if !ok {
		r.verdict = "**no**"
	}
}

// render is the table in Markdown.
func render(table []row) []string {
	lines := []string{"| what | measured | floor | |", "|---|---|---|---|"}
	for _, r := range table {
		what := strings.ReplaceAll(r.what, "|", `\|`)
		lines = append(lines, fmt.Sprintf("| %s | %s | %s | %s |", what, r.result, r.floor, r.verdict))
	}
	return lines
}

// median of some measurements; 0 of none.
func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

// ratio is that of the medians of what was measured side by side.
func ratio(a, b []float64) float64 { return median(a) / median(b) }

// rate is frames a second, for people.
func rate(perSecond float64) string { return fmt.Sprintf("%.0f thousand/s", perSecond/1e3) }

func mebibytes(kib int) string { return fmt.Sprintf("%.1f MiB", float64(kib)/1024) }

// missing is the row of something that is not installed here.
func missing(what string) row { return row{what: what, result: "not installed here"} }
