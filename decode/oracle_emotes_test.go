package decode

import (
	"encoding/json"
	"slices"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// emotes tries both units and takes the one with more words.
func (o *oracleRecord) emotes(text string, replaces []any) {
	points := []rune(text)
	words := oracleWords(text, replaces, len(points), func(from, to int) string { return string(points[from:to]) })
	units := utf16.Encode(points)
	others := oracleWords(text, replaces, len(units), func(from, to int) string { return string(utf16.Decode(units[from:to])) })
	if len(others) > len(words) {
		words = others
	}
	slices.SortStableFunc(words, func(a, b oracleWord) int { return a.from - b.from })
	var names, urls []string
	end := 0
	for _, w := range words {
		if w.from >= end {
			names, urls, end = append(names, w.name), append(urls, w.url), w.to+1
		}
	}
	if names != nil {
		o.fields["emotes"], o.fields["emote_urls"] = names, urls
	}
}

type oracleWord struct {
	from, to  int
	name, url string
}

// oracleWords returns the replaces that are whole words of the text in one
// unit, of which it is count long and cut returns a piece.
func oracleWords(text string, replaces []any, count int, cut func(from, to int) string) (words []oracleWord) {
	place := func(v any) int {
		n, _ := v.(json.Number)
		i, err := n.Int64()
		if err != nil || i < 0 || i >= int64(count) || n[0] == '-' {
			return -1
		}
		return int(i)
	}
	for _, v := range replaces {
		inner, _ := v.(map[string]any)
		replace := object(inner)
		from, to := place(replace["from"]), place(replace["to"])
		if from < 0 || to < from {
			continue
		}
		before, name, after := cut(0, from), cut(from, to+1), cut(to+1, count)
		if before+name+after != text { // in the middle of a pair
			continue
		}
		first, _ := utf8.DecodeRuneInString(name)
		last, _ := utf8.DecodeLastRuneInString(name)
		left, _ := utf8.DecodeLastRuneInString(before)
		right, _ := utf8.DecodeRuneInString(after)
		if (before == "" || oracleEdge(left, first)) && (after == "" || oracleEdge(right, last)) {
			url, _ := replace.object("payload")["url"].(string)
			words = append(words, oracleWord{from, to, name, url})
		}
	}
	return words
}

func oracleEdge(beyond, within rune) bool {
	return unicode.IsSpace(beyond) && !unicode.IsSpace(within) || unicode.Is(withoutBlanks, beyond) || unicode.Is(withoutBlanks, within)
}
