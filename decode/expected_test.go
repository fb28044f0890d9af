package decode

import (
	"bytes"
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
)

// What encoding/json and math/big say about a frame, for the tests to compare
// with.

type object = map[string]any

// readAction reads a frame with encoding/json, false when it is not an action.
func readAction(frame []byte) (root object, ok bool) {
	frame = bytes.TrimPrefix(frame, byteOrderMark)
	d := json.NewDecoder(bytes.NewReader(frame))
	d.UseNumber()
	if !json.Valid(frame) || bytes.TrimSpace(frame)[0] != '{' || d.Decode(&root) != nil {
		return nil, false
	}
	action, _ := root["action"].(string)
	return root, action != ""
}

// inner returns a member that is an object, an empty object when it is not.
func inner(o object, name string) object {
	member, _ := o[name].(object)
	return member
}

func toJSON(v any) string {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// isHugePower reports whether a number has an exponent that math/big should not
// compute.
func isHugePower(n json.Number) bool {
	_, exponent, _ := strings.Cut(strings.ToLower(string(n)), "e")
	return len(strings.TrimLeft(exponent, "+-0")) > 3
}

// integerDigits returns the digits of a number whose value is an integer, else "".
func integerDigits(n json.Number) string {
	mantissa, _, _ := strings.Cut(strings.ToLower(string(n)), "e")
	switch {
	case !strings.ContainsAny(mantissa, "123456789"):
		return "0"
	case !strings.ContainsAny(string(n), ".eE"):
		return string(n)
	case isHugePower(n):
		return ""
	}
	value, ok := new(big.Rat).SetString(string(n))
	if !ok || !value.IsInt() || len(new(big.Int).Abs(value.Num()).String()) > maxDigits {
		return ""
	}
	return value.Num().String()
}

// timeOf returns the time field for a stamp.
func timeOf(stamp any) string {
	t := receipt.Truncate(time.Second)
	if n, isNumber := stamp.(json.Number); isNumber && !isHugePower(n) {
		value, _ := new(big.Rat).SetString(string(n))
		if whole := new(big.Int).Quo(value.Num(), value.Denom()); len(whole.String()) != 13 {
			value.Mul(value, big.NewRat(1000, 1))
		}
		if ms := new(big.Int).Quo(value.Num(), value.Denom()); ms.IsInt64() && ms.Sign() > 0 {
			if at := time.UnixMilli(ms.Int64()).UTC(); at.Year() >= 2000 && at.Year() <= 9999 {
				t = at
			}
		}
	}
	if t.UnixMilli()%1000 == 0 {
		return t.UTC().Format("2006-01-02T15:04:05Z")
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// expectedEmotes returns a text's emotes and their images. It tries both units and
// takes the one that keeps more ranges, then the one of which more are words.
func expectedEmotes(text string, replaces []any) (names, urls []string) {
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
	kept, words := expectedRanges(points, replaces)
	if others, otherWords := expectedRanges(units, replaces); len(others) > len(kept) || len(others) == len(kept) && otherWords > words {
		kept = others
	}
	for _, e := range kept {
		names, urls = append(names, e.name), append(urls, e.url)
	}
	return names, urls
}

type expectedEmote struct {
	from, to  int
	name, url string
}

// expectedRanges returns the ranges that can be kept in a text of these units, and
// how many of them are words.
func expectedRanges(units []string, replaces []any) (kept []expectedEmote, words int) {
	position := func(v any) int {
		n, isNumber := v.(json.Number)
		i, err := strconv.Atoi(integerDigits(n))
		if !isNumber || err != nil || i < 0 || i >= len(units) {
			return -1
		}
		return i
	}
	var all []expectedEmote
	for _, v := range replaces {
		replace, _ := v.(object)
		from, to := position(replace["from"]), position(replace["to"])
		if from < 0 || to < from || from > 0 && units[from-1] == "" || units[to] == "" {
			continue
		}
		url, _ := inner(replace, "payload")["url"].(string)
		all = append(all, expectedEmote{from, to, strings.Join(units[from:to+1], ""), url})
	}
	slices.SortStableFunc(all, func(a, b expectedEmote) int { return a.from - b.from })
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
