package decode

import (
	"cmp"
	"encoding/binary"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/restail/restail/decode/record"
)

// emotes finds the pieces of a text that are custom emotes. Its fields are memory
// that is reused for each text.
type emotes struct {
	pieces  []piece
	offsets []int32 // see appendOffsets
}

// piece is an emote in the text: its bytes from start up to end, and the index of
// its replace.
type piece struct{ start, end, replace int32 }

// putEmotes writes the pieces of the text that are custom emotes, in the order
// of the text, and their images. An image that is missing is "".
func (r *row) putEmotes() {
	text := r.Chars(record.Text)
	if len(text.Bytes) == 0 {
		return
	}
	replaces := r.replaces[r.event.replaces.from:r.event.replaces.to]
	pieces := r.emotes.find(text.Bytes, replaces)
	r.Reserve(record.Emotes, len(pieces))
	r.Reserve(record.EmoteURLs, len(pieces))
	for _, p := range pieces {
		r.Add(record.Emotes, record.Chars{Bytes: text.Bytes[p.start:p.end:p.end], Plain: text.Plain})
		url, ok := r.chars(r.value(replaces[p.replace].url), record.String)
		if !ok {
			url = record.Chars{Plain: true}
		}
		r.Add(record.EmoteURLs, url)
	}
}

// find returns the pieces that the replaces cover, in the order of the text.
//
// Positions count code points or UTF-16 units; the documentation does not say
// which. find takes one unit for the whole message: the one under which more ranges
// can be kept; else the one under which more of them begin and end at a word
// boundary; else code points.
func (e *emotes) find(text []byte, replaces []replace) []piece {
	e.pieces = e.pieces[:0]
	reach := 0 // the end of the last range
	for _, r := range replaces {
		reach = max(reach, int(r.to)+1)
	}
	if isASCII(text[:min(reach, len(text))]) {
		e.addAll(text, replaces, false)
		return e.pieces
	}
	var hasPairs bool
	e.offsets, hasPairs = appendOffsets(e.offsets[:0], text, reach, false)
	points := e.addAll(text, replaces, true)
	if !hasPairs { // a code point is a UTF-16 unit
		return e.pieces
	}
	e.offsets, _ = appendOffsets(e.offsets[:0], text, reach, true)
	units := e.addAll(text, replaces, true)
	byPoints, byUnits := e.pieces[:points], e.pieces[points:]
	if units > points || units == points && wholeWords(text, byUnits) > wholeWords(text, byPoints) {
		return byUnits
	}
	return byPoints
}

// addAll appends the pieces that the replaces cover and returns their number. If mapped
// is set, e.offsets has the byte offset of each position, else positions are byte
// offsets. A range that lies outside the text, begins or ends inside a surrogate pair,
// or overlaps a piece before it is dropped.
func (e *emotes) addAll(text []byte, replaces []replace, mapped bool) int {
	first := len(e.pieces)
	e.pieces = slices.Grow(e.pieces, len(replaces))
	for i, r := range replaces {
		from, to := r.from, r.to+1
		if mapped && int(to) >= len(e.offsets) {
			continue
		}
		if mapped {
			from, to = e.offsets[from], e.offsets[to]
		}
		if 0 <= from && from < to && int(to) <= len(text) {
			e.pieces = append(e.pieces, piece{from, to, int32(i)})
		}
	}
	added := e.pieces[first:]
	slices.SortFunc(added, func(a, b piece) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.replace, b.replace))
	})
	kept, end := added[:0], int32(0)
	for _, p := range added {
		if p.start >= end {
			kept, end = append(kept, p), p.end
		}
	}
	e.pieces = e.pieces[:first+len(kept)]
	return len(kept)
}

// wholeWords counts the pieces that begin and end at a word boundary, which is white
// space or an end of the text.
func wholeWords(text []byte, pieces []piece) (n int) {
	for _, p := range pieces {
		before, _ := utf8.DecodeLastRune(text[:p.start])
		after, _ := utf8.DecodeRune(text[p.end:])
		if (p.start == 0 || unicode.IsSpace(before)) && (int(p.end) == len(text) || unicode.IsSpace(after)) {
			n++
		}
	}
	return n
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

// appendOffsets appends the byte offset of each position of the text, up to the
// position reach or the end of the text. Positions count code points, or UTF-16
// units if inUnits is set; then the second half of a surrogate pair has the
// offset -1. hasPairs says whether a character needs such a pair.
func appendOffsets(offsets []int32, text []byte, reach int, inUnits bool) (result []int32, hasPairs bool) {
	i := 0
	for i < len(text) && len(offsets) < reach {
		offsets = append(offsets, int32(i))
		r, size := utf8.DecodeRune(text[i:])
		if r > 0xffff {
			hasPairs = true
			if inUnits {
				offsets = append(offsets, -1)
			}
		}
		i += size
	}
	return append(offsets, int32(i)), hasPairs
}
