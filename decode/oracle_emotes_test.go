package decode

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// emotes tries both units and takes the one that keeps more ranges, then the one
// of which more are words.
func (o *oracleRecord) emotes(text string, replaces []any) {
	var points []string
	for _, r := range text {
		points = append(points, string(r))
	}
	var units []string // "" is the first half of a pair, which makes no text
	for _, r := range text {
		if utf16.RuneLen(r) == 2 {
			units = append(units, "")
		}
		units = append(units, string(r))
	}
	kept, words := oracleEmotes(points, replaces)
	if others, otherWords := oracleEmotes(units, replaces); len(others) > len(kept) || len(others) == len(kept) && otherWords > words {
		kept = others
	}
	var names, urls []string
	for _, e := range kept {
		names, urls = append(names, e.name), append(urls, e.url)
	}
	if names != nil {
		o.fields["emotes"], o.fields["emote_urls"] = names, urls
	}
}

type oracleEmote struct {
	from, to  int
	name, url string
}

// oracleEmotes returns the ranges that can be kept in a text of these units, and
// how many of them are words.
func oracleEmotes(units []string, replaces []any) (kept []oracleEmote, words int) {
	position := func(v any) int {
		i, err := strconv.Atoi(catalogue(v))
		if err != nil || i < 0 || i >= len(units) {
			return -1
		}
		return i
	}
	var all []oracleEmote
	for _, v := range replaces {
		inner, _ := v.(map[string]any)
		replace := object(inner)
		from, to := position(replace["from"]), position(replace["to"])
		if from < 0 || to < from || from > 0 && units[from-1] == "" || units[to] == "" {
			continue
		}
		url, _ := replace.object("payload")["url"].(string)
		all = append(all, oracleEmote{from, to, strings.Join(units[from:to+1], ""), url})
	}
	slices.SortStableFunc(all, func(a, b oracleEmote) int { return a.from - b.from })
	isEdge := func(i int) bool {
		return i < 0 || i >= len(units) || strings.TrimFunc(units[i], unicode.IsSpace) == "" && units[i] != ""
	}
	for _, e := range all {
		if len(kept) > 0 && e.from <= kept[len(kept)-1].to {
			continue
		}
		kept = append(kept, e)
		if isEdge(e.from-1) && isEdge(e.to+1) {
			words++
		}
	}
	return kept, words
}
