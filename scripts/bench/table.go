//go:build unix

package main

import (
	"fmt"
	"slices"
	"strings"
)

// row is a line of the table: what was measured, what came out, and what the
// goal is.
type row struct {
	what, result, goal string
	met                verdict
}

type verdict int

const (
	noGoal verdict = iota
	met
	missed
)

// verdictOf tells whether a goal is met.
func verdictOf(ok bool) verdict {
	if ok {
		return met
	}
	return missed
}

// render is the table in Markdown.
func render(table []row) []string {
	lines := []string{"| what | measured | goal | |", "|---|---|---|---|"}
	for _, r := range table {
		mark := map[verdict]string{noGoal: "", met: "yes", missed: "**no**"}[r.met]
		lines = append(lines, fmt.Sprintf("| %s | %s | %s | %s |", escape(r.what), escape(r.result), escape(r.goal), mark))
	}
	return lines
}

func escape(cell string) string { return strings.ReplaceAll(cell, "|", `\|`) }

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
func rate(perSecond float64) string {
	if perSecond < 1e6 {
		return fmt.Sprintf("%.0f thousand/s", perSecond/1e3)
	}
	return fmt.Sprintf("%.2f million/s", perSecond/1e6)
}

func mebibytes(kib int) string { return fmt.Sprintf("%.1f MB", float64(kib)/1024) }

// missing is the row of something that is not installed here.
func missing(what string) row { return row{what: what, result: "not installed here"} }
