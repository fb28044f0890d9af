package redact

import (
	"html"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// replace puts Mark wherever text spells the secret.
func replace(text, secret string) string {
	var out strings.Builder
	start := 0
	for at := 0; at < len(text); {
		n := spelled(text[at:], secret)
		if n == 0 || (len(secret) < short && !isWord(text, at, at+n)) {
			at++
			continue
		}
		out.WriteString(text[start:at])
		out.WriteString(Mark)
		at += n
		start = at
	}
	if start == 0 {
		return text
	}
	out.WriteString(text[start:])
	return out.String()
}

// spelled returns how many bytes at the beginning of text spell the secret in
// one way or another, or the beginning of it when the text was cut off there; 0
// when they do not. A byte can be both itself and the beginning of an escape,
// so every reading is followed at the same time.
func spelled(text, secret string) int {
	if c := text[0]; c != secret[0] && !strings.ContainsRune(`%\&+`, rune(c)) {
		return 0
	}
	ends := make([][]int, len(secret)+1) // where in text the first so many bytes of the secret can end
	ends[0] = []int{0}
	furthest, cut := 0, 0
	for done := range len(secret) {
		if done > furthest {
			return cut
		}
		for _, at := range ends[done] {
			if done >= stump && len(secret) >= short && isCut(text[at:]) {
				cut = at
			}
			if at == len(text) {
				continue
			}
			if text[at] == secret[done] {
				ends[done+1] = with(ends[done+1], at+1)
				furthest = max(furthest, done+1)
			}
			for char, n := range escapes(text[at:]) {
				if strings.HasPrefix(secret[done:], char) {
					ends[done+len(char)] = with(ends[done+len(char)], at+n)
					furthest = max(furthest, done+len(char))
				}
			}
		}
	}
	if whole := ends[len(secret)]; len(whole) > 0 {
		return slices.Max(whole)
	}
	return cut
}

// isCut tells whether rest is how a text looks where it was cut off.
func isCut(rest string) bool {
	return rest == "" || strings.HasPrefix(rest, "…") || strings.HasPrefix(rest, "...") || strings.HasPrefix(rest, `\u2026`)
}

func with(ends []int, end int) []int {
	if slices.Contains(ends, end) {
		return ends
	}
	return append(ends, end)
}

// escapes yields what an escape at the beginning of text can stand for, and
// its length there.
func escapes(text string) iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		switch text[0] {
		case '%':
			percent(text, yield)
		case '\\':
			if char, n := backslash(text); n > 0 {
				yield(char, n)
			}
		case '+': // of a query
			yield(" ", 1)
		case '&':
			if end := strings.IndexByte(text[:min(len(text), 10)], ';'); end > 0 {
				if char := html.UnescapeString(text[:end+1]); char != text[:end+1] {
					yield(char, end+1)
				}
			}
		}
	}
}

func percent(text string, yield func(string, int) bool) {
	for at := 1; isHex(text, at, 2); at += 2 {
		if !yield(string([]byte{byte(hex(text[at : at+2]))}), at+2) {
			return
		}
		// Encoded again, the percent sign itself becomes %25.
		if text[at:at+2] != "25" {
			return
		}
	}
}

func backslash(text string) (string, int) {
	if len(text) < 2 {
		return "", 0
	}
	switch text[1] {
	case '"', '\'', '\\', '/':
		return text[1:2], 2
	case 'x':
		if isHex(text, 2, 2) {
			return string([]byte{byte(hex(text[2:4]))}), 4
		}
	case 'u':
		if isHex(text, 2, 4) {
			return string(utf8.AppendRune(nil, rune(hex(text[2:6])))), 6
		}
	}
	return "", 0
}

func isHex(text string, at, n int) bool {
	if at+n > len(text) {
		return false
	}
	for _, c := range []byte(text[at : at+n]) {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return false
		}
	}
	return true
}

// hex reads digits that isHex has seen.
func hex(digits string) uint64 {
	n, _ := strconv.ParseUint(digits, 16, 32)
	return n
}

func isWord(text string, from, to int) bool {
	return (from == 0 || !isAlphanumeric(text[from-1])) && (to == len(text) || !isAlphanumeric(text[to]))
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}
