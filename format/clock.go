package format

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
	"github.com/itchyny/timefmt-go"

	"github.com/restail/restail/format/safe"
)

// Clock says how the text format shows the time of a record. The zero Clock
// shows hours, minutes and seconds of local time.
type Clock struct {
	layout    string // of strftime; "" means %H:%M:%S
	utc, none bool
}

// ParseClock reads the value of --time: local, utc, none, or a strftime layout.
// Its error says what is allowed.
func ParseClock(value string) (Clock, error) {
	switch value {
	case "local":
		return Clock{}, nil
	case "utc":
		return Clock{utc: true}, nil
	case "none":
		return Clock{none: true}, nil
	}
	if !strings.Contains(value, "%") {
		return Clock{}, fmt.Errorf("invalid time format %q: want local, utc, none or a strftime layout such as %%H:%%M", safe.String(value))
	}
	if bad := UnknownDirective(value); bad != "" {
		return Clock{}, fmt.Errorf("unknown directive %q in time format %q: strftime has %%H %%M %%S %%Y %%m %%d %%a %%b %%Z and others, and %%%% for a percent sign",
			safe.String(bad), safe.String(value))
	}
	return Clock{layout: value}, nil
}

// UnknownDirective returns the first directive of the layout that strftime does
// not know, "" when it knows all.
func UnknownDirective(layout string) string {
	const directives = "%+aAbBcCdDeFfgGhHIjklmMnpPrRsStTuUvVwWxXyYzZ"
	for {
		_, rest, found := strings.Cut(layout, "%")
		if !found {
			return ""
		}
		verb := strings.TrimLeft(rest, "-_^#0123456789")
		if colons := strings.TrimLeft(verb, ":"); strings.HasPrefix(colons, "z") && len(verb)-len(colons) <= 3 {
			verb = colons
		}
		if verb == "" || !strings.Contains(directives, verb[:1]) {
			_, size := utf8.DecodeRuneInString(verb)
			return "%" + rest[:len(rest)-len(verb)+size]
		}
		layout = verb[1:]
	}
}

// timeColumn formats the column of the time. It formats a second only once.
type timeColumn struct {
	clock    Clock
	location *time.Location
	fraction bool // the layout may show fractions of a second
	second   int64
	raw      []byte // the second in the layout
	text     []byte // raw, made safe
	width    int    // of text
	widest   int    // the greatest width so far
}

func newTimeColumn(clock Clock, location *time.Location) timeColumn {
	if location == nil {
		location = time.Local
	}
	if clock.utc {
		location = time.UTC
	}
	if clock.layout == "" {
		clock.layout = "%H:%M:%S"
	}
	return timeColumn{clock: clock, location: location, fraction: strings.Contains(clock.layout, "f")}
}

// format returns the time as safe text, valid until the next call, and the number of
// blanks that fill its column. For the zero time the text is empty.
func (c *timeColumn) format(t time.Time) (text []byte, blanks int) {
	if t.IsZero() {
		return nil, c.widest
	}
	if second := t.Unix(); second != c.second || c.text == nil || c.fraction {
		c.second = second
		c.raw = timefmt.AppendFormat(c.raw[:0], t.In(c.location), c.clock.layout)
		c.text = safe.Append(c.text[:0], c.raw)
		c.width = displaywidth.Bytes(c.text)
		c.widest = max(c.widest, c.width)
	}
	return c.text, c.widest - c.width
}

// appendBlanks appends n blanks, none if n is negative.
func appendBlanks(dst []byte, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, ' ')
	}
	return dst
}
