//go:build unix

package main

import (
	"fmt"
	"slices"
	"strings"
)

// row is a line of the table. verdict says whether the result keeps to the floor.
type row struct{ what, result, floor, verdict string }

func (r *row) atLeast(value, floor float64) {
	r.judge(value >= floor, fmt.Sprintf("at least %g", floor))
}

func (r *row) atMost(value, most float64) {
	r.judge(value <= most, fmt.Sprintf("at most %g", most))
}

func (r *row) judge(ok bool, floor string) {
	r.floor, r.verdict = floor, "yes"
	if !ok {
		r.verdict = "**no**"
	}
}

// render returns the lines of the table in Markdown.
func render(table []row) []string {
	lines := []string{"| what | measured | floor | |", "|---|---|---|---|"}
	for _, r := range table {
		what := strings.ReplaceAll(r.what, "|", `\|`)
		lines = append(lines, fmt.Sprintf("| %s | %s | %s | %s |", what, r.result, r.floor, r.verdict))
	}
	return lines
}

// median returns the median of some measurements, or 0 without any.
func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// ratio returns the ratio of two medians.
func ratio(a, b []float64) float64 { return median(a) / median(b) }

// rate formats a number of frames per second.
func rate(perSecond float64) string { return fmt.Sprintf("%.0f thousand/s", perSecond/1e3) }

// timesRow compares two speeds; the first must be ten times the second. Without
// measurements of the second, it is not installed.
func timesRow(what string, a, b []float64) row {
	if len(b) == 0 {
		return row{what: what, result: "not installed here"}
	}
	times := ratio(a, b)
	r := row{what: what, result: fmt.Sprintf("%s against %s: %.1f times", rate(median(a)), rate(median(b)), times)}
	r.atLeast(times, 10)
	return r
}

// memoryRow says how much memory something took, in KiB, and the most in MiB that it
// may take.
func memoryRow(what string, kib int, most float64) row {
	mib := float64(kib) / 1024
	r := row{what: what, result: fmt.Sprintf("%.1f MiB", mib)}
	r.atMost(mib, most)
	return r
}
