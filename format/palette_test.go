package format

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
)

// contrast is that of the Web Content Accessibility Guidelines, of an entry of
// the palette against black and against white.
func contrast(entry uint8) (black, white float64) {
	linear := func(c float64) float64 {
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	r, g, b := cube(entry)
	if entry >= 232 {
		r = float64(8+10*(int(entry)-232)) / 255
		g, b = r, r
	}
	luminance := 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
	return (luminance + 0.05) / 0.05, 1.05 / (luminance + 0.05)
}

func TestColorsCanBeReadOnBlackAndOnWhite(t *testing.T) {
	used := slices.Clone(palette[:])
	platforms := decode.Platforms
	for _, p := range platforms {
		used = append(used, p.Color)
	}
	index := regexp.MustCompile(`38;5;(\d+)`)
	styles := []style{noMark.style, actionMark.style, replyMark.style, firstMark.style, whisperMark.style,
		moneyMark.style, memberMark.style, ownMark.style, goodMark.style, upMark.style, downMark.style,
		badMark.style, changingMark.style, quietMark.style, unknownMark.style}
	for _, m := range roleMarks {
		styles = append(styles, m.style)
	}
	for _, s := range styles {
		for _, match := range index.FindAllStringSubmatch(string(s), -1) {
			n, err := strconv.ParseUint(match[1], 10, 8)
			if err != nil {
				t.Fatal(err)
			}
			used = append(used, uint8(n))
		}
	}
	if len(used) < len(palette)+len(platforms)+10 {
		t.Errorf("only %d colours were found", len(used))
	}
	for _, entry := range used {
		if black, white := contrast(entry); black < 3.5 || white < 3.5 {
			t.Errorf("colour %d: contrast %.1f on black, %.1f on white", entry, black, white)
		}
	}
}

func TestPlatformColorsAreOfThePalette(t *testing.T) {
	for _, p := range decode.Platforms {
		if !slices.Contains(palette[:], p.Color) {
			t.Errorf("%s has the colour %d", p.Slug, p.Color)
		}
	}
}

func TestAuthorColor(t *testing.T) {
	for _, c := range []struct {
		color string
		want  uint8
	}{
		{"#FF0000", 196}, // a red stays red
		{"#00FF00", 28},  // a bright green is darkened
		{"#0000FF", 63},  // a dark blue is brightened
		{"#ffff00", 100}, // yellow
		{"#000000", 102}, // neither black nor white can be read everywhere
		{"#FFFFFF", 102}, //
		{"#F0F", 164},    // the short form
		{"#8A2BE2", 135}, // Twitch's BlueViolet
		{"#1E90FF", 26},  // Twitch's DodgerBlue
		{"#5f8700", 64},  // one of the palette's own
	} {
		var r record.Record
		r.SetString(record.AuthorColor, c.color)
		if got := authorColor(&r); got != c.want {
			t.Errorf("%s: got %d, want %d", c.color, got, c.want)
		}
	}
}

func TestAuthorWithoutColorKeepsOne(t *testing.T) {
	of := func(platform, id, name, author, color string) uint8 {
		var r record.Record
		r.SetString(record.Platform, platform)
		r.SetString(record.AuthorID, id)
		r.SetString(record.AuthorName, name)
		r.SetString(record.Author, author)
		r.SetString(record.AuthorColor, color)
		return authorColor(&r)
	}
	first := of("youtube", "UC1", "", "Mia", "")
	for _, bad := range []string{"red", "#12345", "#12345g", "123456", "#+1+1+1", "\x1b[31m"} {
		if of("youtube", "UC1", "", "Mia", bad) != first {
			t.Errorf("%q is a colour", bad)
		}
	}
	if of("youtube", "UC1", "", "Mia, renamed", "") != first {
		t.Error("another name, another colour")
	}
	if of("", "", "ada", "Ada", "") != of("", "", "ada", "Ada L", "") {
		t.Error("the handle does not decide")
	}
	seen := map[uint8]bool{}
	for i := range 1000 {
		seen[of("x", strconv.Itoa(i), "", "", "")] = true
	}
	if len(seen) != len(palette)-1 || seen[102] {
		t.Errorf("a thousand authors have %d of %d colours", len(seen), len(palette)-1)
	}
	if got := of("kick", "51412", "kicker", "kicker", ""); got != 168 {
		t.Errorf("the colour is another than in the last release: %d", got)
	}
}
