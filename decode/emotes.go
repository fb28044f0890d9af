package decode

import (
	"cmp"
	"encoding/binary"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/decode/scan"
)

// emotes finds the words that replaces covers. It is memory that is used again.
type emotes struct {
	words  []word
	places []int32 // by unit of the text: where it begins, -1 inside a character; as far as replaces reach
}

// word is an emote in the text, from the byte start up to the byte end.
type word struct {
	start, end int
	url        scan.Value
}

// putEmotes writes the words of the text that are custom emotes, in the order
// of the text, and their images. An image that is missing is "".
func (r *row) putEmotes() {
	text := r.Chars(record.Text)
	if !r.has(keyReplaces) || len(text.Bytes) == 0 {
		return
	}
	end := 0
	for _, word := range r.emotes.find(text.Bytes, r.replaces) {
		if word.start < end {
			continue // covered already: one word is one emote
		}
		end = word.end
		r.Add(record.Emotes, record.Chars{Bytes: text.Bytes[word.start:word.end], Plain: text.Plain})
		url := record.Chars{Plain: true}
		if v := r.of(word.url); says(v, record.String) {
			url = record.Chars{Bytes: v.Bytes, Plain: v.Plain}
		}
		r.Add(record.EmoteURLs, url)
	}
}

// find returns the words that the replaces cover, sorted by their place.
//
// Places are counted in code points or in UTF-16 units. The unit is that for
// the whole message in which more of the replaces are whole words, and code
// points when that does not decide: so Twitch counts. A replace that is no
// whole word in that unit, or lies outside the text, is dropped.
func (e *emotes) find(text []byte, replaces []replace) []word {
	e.words = e.words[:0]
	reach := 0 // no place is beyond it
	for _, replace := range replaces {
		reach = max(reach, replace.from, replace.to+1)
	}
	if isASCII(text[:min(reach, len(text))]) { // both units are bytes
		for _, replace := range replaces {
			e.add(text, replace, replace.from, replace.to+1)
		}
	} else {
		e.places = appendCodePoints(e.places[:0], text, reach)
		points := e.addAll(text, replaces)
		if points < len(replaces) {
			e.places = appendUTF16(e.places[:0], text, reach)
			if units := e.addAll(text, replaces); units > points {
				e.words = e.words[points:]
			} else {
				e.words = e.words[:points]
			}
		}
	}
	if !slices.IsSortedFunc(e.words, byStart) { // seldom
		slices.SortStableFunc(e.words, byStart)
	}
	return e.words
}

func byStart(a, b word) int { return cmp.Compare(a.start, b.start) }

// addAll adds the words that the replaces cover, counted by e.places, and
// returns how many there were.
func (e *emotes) addAll(text []byte, replaces []replace) int {
	before := len(e.words)
	for _, replace := range replaces {
		if last := len(e.places) - 1; replace.from >= 0 && replace.from < last && replace.to < last {
			e.add(text, replace, int(e.places[replace.from]), int(e.places[replace.to+1]))
		}
	}
	return len(e.words) - before
}

// add adds the bytes from start up to end when they are a whole word of the
// text.
func (e *emotes) add(text []byte, replace replace, start, end int) {
	if 0 <= start && start < end && end <= len(text) && isWord(text, start, end) {
		e.words = append(e.words, word{start: start, end: end, url: replace.url})
	}
}

func isASCII(text []byte) bool {
	for ; len(text) >= 8; text = text[8:] {
		if binary.LittleEndian.Uint64(text)&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// appendCodePoints appends where every code point up to the one numbered reach
// begins, and where the text ends if it is not longer.
func appendCodePoints(places []int32, text []byte, reach int) []int32 {
	i := 0
	for i < len(text) && len(places) < reach {
		places = append(places, int32(i))
		_, size := utf8.DecodeRune(text[i:])
		i += size
	}
	return append(places, int32(i))
}

// appendUTF16 is appendCodePoints for UTF-16 units: the second half of a pair
// is at -1.
func appendUTF16(places []int32, text []byte, reach int) []int32 {
	i := 0
	for i < len(text) && len(places) < reach {
		places = append(places, int32(i))
		r, size := utf8.DecodeRune(text[i:])
		if r > 0xffff {
			places = append(places, -1)
		}
		i += size
	}
	return append(places, int32(i))
}

// isWord tells whether the bytes from start up to end, which are whole
// characters, are a word by themselves.
func isWord(text []byte, start, end int) bool {
	before, _ := utf8.DecodeLastRune(text[:start])
	first, _ := utf8.DecodeRune(text[start:])
	last, _ := utf8.DecodeLastRune(text[:end])
	after, _ := utf8.DecodeRune(text[end:])
	return (start == 0 || isEdge(before, first)) && (end == len(text) || isEdge(after, last))
}

// isEdge tells whether a word can begin or end between two characters of which
// the second belongs to the word: beside white space, and beside whatever is
// written without blanks.
func isEdge(outside, inside rune) bool {
	return unicode.IsSpace(outside) && !unicode.IsSpace(inside) ||
		unicode.Is(withoutBlanks, outside) || unicode.Is(withoutBlanks, inside)
}

// withoutBlanks are the scripts that are written without blanks between words,
// by blocks of Unicode, so that their punctuation is among them.
var withoutBlanks = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x0e00, Hi: 0x0fff, Stride: 1}, // Thai, Lao, Tibetan
		{Lo: 0x1000, Hi: 0x109f, Stride: 1}, // Myanmar
		{Lo: 0x1780, Hi: 0x17ff, Stride: 1}, // Khmer
		{Lo: 0x1950, Hi: 0x19ff, Stride: 1}, // Tai Le, New Tai Lue, Khmer symbols
		{Lo: 0x1a20, Hi: 0x1aaf, Stride: 1}, // Tai Tham
		{Lo: 0x1b00, Hi: 0x1b7f, Stride: 1}, // Balinese
		{Lo: 0x2e80, Hi: 0x312f, Stride: 1}, // CJK radicals and punctuation, Hiragana, Katakana, Bopomofo
		{Lo: 0x3190, Hi: 0x9fff, Stride: 1}, // Kanbun, more Bopomofo and Katakana, ideographs
		{Lo: 0xa000, Hi: 0xa4cf, Stride: 1}, // Yi
		{Lo: 0xa980, Hi: 0xa9ff, Stride: 1}, // Javanese, more Myanmar
		{Lo: 0xaa60, Hi: 0xaadf, Stride: 1}, // more Myanmar, Tai Viet
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1}, // compatibility ideographs
		{Lo: 0xfe30, Hi: 0xfe4f, Stride: 1}, // vertical forms
		{Lo: 0xff00, Hi: 0xffef, Stride: 1}, // half width and full width
	},
	R32: []unicode.Range32{
		{Lo: 0x1aff0, Hi: 0x1b16f, Stride: 1}, // more kana
		{Lo: 0x20000, Hi: 0x3ffff, Stride: 1}, // more ideographs
	},
}
