package format

import (
	"math"
	"strconv"

	"github.com/restail/restail/decode/record"
)

// Colours come from the cube of the 256-colour palette: terminals show it alike,
// and some cannot show 24-bit colours. Only entries with a contrast of at least
// 3.5 against both black and white are used, so that names are readable on both.

// palette lists all of those entries, ordered by hue; the last one is a grey.
var palette = [...]uint8{
	95, 131, 167, 160, 196, 166, 130, 94, 101, 100, 64, 65, 28, 29, 66, 30, 31, 32, 33, 67, 26, 27, 68,
	61, 62, 63, 99, 98, 97, 135, 134, 129, 128, 165, 96, 133, 164, 163, 199, 162, 198, 132, 161, 197, 168,
	102,
}

// platformColor returns the colour of a platform: its own, or for an unlisted
// platform an entry that is the same in every run.
func (t *Text) platformColor(platform []byte) uint8 {
	if color, known := t.colors[string(platform)]; known {
		return color
	}
	return hashColor(hashOf(platform))
}

// authorColor returns the colour of an author's name: the entry nearest to the colour
// that the platform tells, or else an entry that is the same in every run.
func authorColor(r *record.Record) uint8 {
	if color, ok := parseColor(r.Bytes(record.AuthorColor)); ok {
		return nearest(color)
	}
	key := r.Bytes(record.AuthorID)
	for _, f := range []record.Field{record.AuthorName, record.Author} {
		if len(key) == 0 {
			key = r.Bytes(f)
		}
	}
	return hashColor(hashOf(r.Bytes(record.Platform), key))
}

// hashColor picks an entry of the palette, but not its grey.
func hashColor(hash uint32) uint8 { return palette[hash%uint32(len(palette)-1)] }

// hashOf is FNV-1a: an author has the same colour in every run.
func hashOf(parts ...[]byte) uint32 {
	hash := uint32(2166136261)
	for _, part := range parts {
		for _, b := range part {
			hash = (hash ^ uint32(b)) * 16777619
		}
	}
	return hash
}

// parseColor reads #rrggbb and #rgb.
func parseColor(text []byte) (rgb [3]uint8, ok bool) {
	if len(text) != 4 && len(text) != 7 || text[0] != '#' {
		return rgb, false
	}
	digits := (len(text) - 1) / 3
	for i := range rgb {
		n, err := strconv.ParseUint(string(text[1+i*digits:1+(i+1)*digits]), 16, 8)
		if err != nil {
			return rgb, false
		}
		if rgb[i] = uint8(n); digits == 1 {
			rgb[i] *= 0x11
		}
	}
	return rgb, true
}

// nearest returns the entry of the palette whose hue is closest to that of the colour.
// The colour is first brought to a readable luminance: a bright one is scaled
// down, a dark one mixed with white. The luminance of the entries is ignored,
// since all of them are readable.
func nearest(rgb [3]uint8) uint8 {
	const readable = 0.2
	red, green, blue := light(rgb[0]), light(rgb[1]), light(rgb[2])
	luminance := 0.2126*red + 0.7152*green + 0.0722*blue
	if luminance > readable {
		less := readable / luminance
		red, green, blue = red*less, green*less, blue*less
	} else {
		less := (1 - readable) / (1 - luminance)
		red, green, blue = 1-(1-red)*less, 1-(1-green)*less, 1-(1-blue)*less
	}
	red, green, blue = math.Sqrt(red), math.Sqrt(green), math.Sqrt(blue)
	grey := (red + green + blue) / 3
	best, distance := palette[0], math.Inf(1)
	for _, entry := range palette {
		r, g, b := cube(entry)
		shift := grey - (r+g+b)/3
		r, g, b = r+shift-red, g+shift-green, b+shift-blue
		if d := r*r + g*g + b*b; d < distance {
			best, distance = entry, d
		}
	}
	return best
}

// light returns the linear light of an sRGB channel, from 0 to 1. A square is
// near enough to the sRGB curve here.
func light(channel uint8) float64 {
	c := float64(channel) / 255
	return c * c
}

// cube returns the channels of an entry of the colour cube, from 0 to 1.
func cube(entry uint8) (red, green, blue float64) {
	levels := [6]float64{0, 95. / 255, 135. / 255, 175. / 255, 215. / 255, 1}
	n := entry - 16
	return levels[n/36], levels[n/6%6], levels[n%6]
}
