package redact

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

const (
	// minPiece is the length in bytes from which a piece of a secret is redacted
	// like the whole: a server may cut off what it repeats. A shorter secret may
	// be an ordinary word, or part of one: x, test, secret. Real secrets are
	// longer.
	minPiece = 8
	// minPrefix is the length in bytes from which the beginning of a secret is
	// redacted at the end of a text that was cut off.
	minPrefix = 6
	// wordLimit is the length in bytes from which letters are not a word.
	wordLimit = 16
	// maxPiece is the length in bytes of the longest piece that is compared. The
	// pieces of a longer secret overlap.
	maxPiece = 64
)

// An index holds the secrets in the form that a search needs. It does not change.
type index struct {
	secrets []string
	pieces  []string  // of every secret, from each byte at which a piece can begin; sorted
	begins  [256]bool // their first bytes
}

func newIndex(secrets []string) *index {
	x := &index{secrets: secrets}
	for _, secret := range secrets {
		for from := 0; from == 0 || from+minPiece <= len(secret); from++ {
			x.pieces = append(x.pieces, secret[from:min(from+maxPiece, len(secret))])
		}
	}
	slices.Sort(x.pieces)
	x.pieces = slices.Compact(x.pieces)
	for _, piece := range x.pieces {
		x.begins[piece[0]] = true
	}
	return x
}

// narrow returns the range of the pieces from lo to hi that have c after their
// common bytes.
func (x *index) narrow(lo, hi, common int, c byte) (int, int) {
	first := lo + sort.Search(hi-lo, func(i int) bool { return behind(x.pieces[lo+i], common) >= int(c) })
	if first == hi || behind(x.pieces[first], common) != int(c) {
		return hi, hi
	}
	return first, first + sort.Search(hi-first, func(i int) bool { return behind(x.pieces[first+i], common) > int(c) })
}

// behind returns the byte after the first n bytes, -1 when there is none.
func behind(piece string, n int) int {
	if n == len(piece) {
		return -1
	}
	return int(piece[n])
}

// without replaces every piece of a secret with Mark, however it is encoded. It
// looks for short secrets only if words is true.
func (x *index) without(text string, words bool) string {
	f := finder{index: x, words: words}
	for r := range readings(text) {
		f.reading = r
		f.find()
	}
	if len(f.found) == 0 {
		return text
	}
	slices.SortFunc(f.found, func(a, b place) int { return a.from - b.from })
	var out strings.Builder
	end := 0
	for _, p := range f.found {
		if p.from >= end {
			out.WriteString(text[end:p.from])
			out.WriteString(Mark)
		}
		end = max(end, p.to)
	}
	out.WriteString(text[end:])
	return out.String()
}

// A finder searches a text for the secrets of an index.
type finder struct {
	*index
	reading
	words     bool
	found     []place // in the original text
	now, next []state // of longest
}

// A state is a match so far: the text up to end decodes to size bytes, with which
// the pieces from lo to hi begin.
type state struct {
	end, size int
	lo, hi    int
	blank     bool // the last bytes of the text decode to nothing
}

func (f *finder) find() {
	for at := range len(f.text) {
		if c := f.text[at]; !f.begins[c] && !isEscape(c) {
			continue
		}
		if s := f.longest(at); s.size > 0 && !f.isOrdinary(at, s) {
			f.found = append(f.found, f.where(at, s.end))
		}
	}
}

// longest returns the longest piece that begins at a position, of size 0 when
// there is none. A byte can be itself or the beginning of an escape, so it
// follows every possibility at the same time.
func (f *finder) longest(at int) (found state) {
	f.now = append(f.now[:0], state{end: at, hi: len(f.pieces)})
	for len(f.now) > 0 {
		f.next = f.next[:0]
		for _, s := range f.now {
			if s.end > found.end && f.isPiece(at, s) {
				found = s
			}
			if s.end == len(f.text) {
				continue
			}
			if f.step(s, f.text[s.end:s.end+1], 1) && isControl(f.text[s.end]) {
				continue // otherwise a row of them would have too many readings
			}
			for char, n := range escapes(f.text[s.end:]) {
				f.step(s, char, n)
			}
		}
		f.now, f.next = f.next, f.now
	}
	return found
}

// step extends a state by n bytes of the text that decode to char, if any piece
// matches.
func (f *finder) step(s state, char string, n int) bool {
	s.end += n
	s.blank = char == ""
	for _, c := range []byte(char) {
		if s.lo, s.hi = f.narrow(s.lo, s.hi, s.size, c); s.lo == s.hi {
			return false
		}
		s.size++
	}
	if s.size > 0 && !slices.Contains(f.next, s) {
		f.next = append(f.next, s)
	}
	return true
}

// spelled returns the decoded bytes of a state.
func (f *finder) spelled(s state) string { return f.pieces[s.lo][:s.size] }

// isPiece reports whether the match that begins at a position must be redacted.
func (f *finder) isPiece(at int, s state) bool {
	switch {
	case s.blank || s.size == 0:
		return false
	case s.size >= minPiece || f.isPrefix(s):
		return true
	case !f.words || s.size < len(f.pieces[s.lo]):
		return false
	}
	if f.encoded { // not a word that somebody wrote, and anything can be beside it
		return s.size >= minPrefix
	}
	return f.text[at:s.end] == wordAround(f.text, at, s.end)
}

// isPrefix reports whether the text was cut off within a secret.
func (f *finder) isPrefix(s state) bool {
	return s.size >= minPrefix && isCut(f.text[s.end:]) && slices.ContainsFunc(f.secrets, func(secret string) bool {
		return len(secret) >= minPiece && strings.HasPrefix(secret, f.spelled(s))
	})
}

// isCut reports whether rest looks like the end of a text that was cut off.
func isCut(rest string) bool {
	return rest == "" || strings.HasPrefix(rest, "…") || strings.HasPrefix(rest, "...") || strings.HasPrefix(rest, `\u2026`)
}

// isOrdinary reports whether a piece is an ordinary word that a secret contains
// among others: the secret restream-chat-1234 does not redact the restream of an
// address.
func (f *finder) isOrdinary(at int, s state) bool {
	word := wordAround(f.text, at, s.end)
	if f.encoded || len(word) >= wordLimit || strings.ContainsFunc(word, isNoLetter) || f.isPrefix(s) {
		return false
	}
	piece := f.spelled(s)
	for _, secret := range f.secrets {
		for from := 0; from+len(piece) <= len(secret); from++ {
			n := strings.Index(secret[from:], piece)
			if n < 0 {
				break
			}
			from += n
			if secret == word || wordAround(secret, from, from+len(piece)) != word {
				return false
			}
		}
	}
	return true
}

// wordAround returns the text from from to to with the rest of its words.
func wordAround(text string, from, to int) string {
	for from > 0 && isAlphanumeric(text[from-1]) {
		from--
	}
	for to < len(text) && isAlphanumeric(text[to]) {
		to++
	}
	return text[from:to]
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || !isNoLetter(rune(c)) || c >= utf8.RuneSelf
}

func isNoLetter(c rune) bool {
	return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z')
}
