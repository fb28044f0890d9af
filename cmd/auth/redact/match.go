package redact

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

const (
	// part is the length in bytes from which a piece of a secret is one itself:
	// what others repeat can be cut off anywhere. A whole secret that is shorter
	// may well be an ordinary word, or part of one: x, test, secret. No real one
	// is that short.
	part = 8
	// stump is the length in bytes from which the beginning of a secret is
	// taken out where the text was cut off within it.
	stump = 6
	// wordLimit is the length in bytes from which letters are no ordinary word.
	wordLimit = 16
	// reach is the length in bytes of the longest piece that is followed: of a
	// longer secret the pieces overlap.
	reach = 64
)

// An index has what there is to be found. It does not change.
type index struct {
	secrets []string
	pieces  []string  // every secret from each byte on that begins a piece; sorted
	begins  [256]bool // what they begin with
}

func newIndex(secrets []string) *index {
	x := &index{secrets: secrets}
	for _, secret := range secrets {
		for from := 0; from == 0 || from+part <= len(secret); from++ {
			x.pieces = append(x.pieces, secret[from:min(from+reach, len(secret))])
		}
	}
	slices.Sort(x.pieces)
	x.pieces = slices.Compact(x.pieces)
	for _, piece := range x.pieces {
		x.begins[piece[0]] = true
	}
	return x
}

// narrow returns which of the pieces from lo to hi have c behind the bytes that
// they have in common.
func (x *index) narrow(lo, hi, common int, c byte) (int, int) {
	first := lo + sort.Search(hi-lo, func(i int) bool { return behind(x.pieces[lo+i], common) >= int(c) })
	if first == hi || behind(x.pieces[first], common) != int(c) {
		return hi, hi
	}
	return first, first + sort.Search(hi-first, func(i int) bool { return behind(x.pieces[first+i], common) > int(c) })
}

// behind returns the byte behind the first so many, -1 when there is none.
func behind(piece string, n int) int {
	if n == len(piece) {
		return -1
	}
	return int(piece[n])
}

// without puts Mark wherever the text spells a piece of a secret, in whatever
// way; a short secret is looked for if words is true.
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

// A finder looks for what is in an index.
type finder struct {
	*index
	reading
	words     bool
	found     []place // in the original text
	now, next []state // of longest
}

// A state is what a text spells up to a place: size bytes that the pieces from
// lo to hi begin with.
type state struct {
	end, size int
	lo, hi    int
	blank     bool // the last that was read stands for nothing
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

// longest returns the longest piece that begins at that place; of size 0 when
// there is none. A byte can be both itself and the beginning of an escape, so
// every way to go on is followed at the same time.
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
				continue // or a row of them could be read in all too many ways
			}
			for char, n := range escapes(f.text[s.end:]) {
				f.step(s, char, n)
			}
		}
		f.now, f.next = f.next, f.now
	}
	return found
}

// step goes on from a state by n bytes of the text, if they can stand for char.
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

// spelled returns the bytes that a state stands for.
func (f *finder) spelled(s state) string { return f.pieces[s.lo][:s.size] }

// isPiece tells whether what is spelled from there on must not be shown.
func (f *finder) isPiece(at int, s state) bool {
	switch {
	case s.blank || s.size == 0:
		return false
	case s.size >= part || f.isStump(s):
		return true
	case !f.words || s.size < len(f.pieces[s.lo]):
		return false
	}
	if f.encoded { // nobody writes words like that, and its neighbours can be anything
		return s.size >= stump
	}
	return f.text[at:s.end] == wordAround(f.text, at, s.end)
}

// isStump tells whether the text was cut off within a secret there.
func (f *finder) isStump(s state) bool {
	return s.size >= stump && isCut(f.text[s.end:]) && slices.ContainsFunc(f.secrets, func(secret string) bool {
		return len(secret) >= part && strings.HasPrefix(secret, f.spelled(s))
	})
}

// isCut tells whether rest is how a text looks where it was cut off.
func isCut(rest string) bool {
	return rest == "" || strings.HasPrefix(rest, "…") || strings.HasPrefix(rest, "...") || strings.HasPrefix(rest, `\u2026`)
}

// isOrdinary tells whether a piece belongs to an ordinary word which is also one
// of several in a secret: that of restream-chat-1234 takes no restream out of an
// address.
func (f *finder) isOrdinary(at int, s state) bool {
	word := wordAround(f.text, at, s.end)
	if f.encoded || len(word) >= wordLimit || strings.ContainsFunc(word, isNoLetter) || f.isStump(s) {
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

// wordAround returns the word, or the words, that from and to are in.
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
