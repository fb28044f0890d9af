package format

import (
	"fmt"
	"strings"
	"time"

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
			end := len(rest) - len(verb)
			for i, c := range verb { // the whole character, not its first byte
				if end += len(string(c)); i == 0 {
					break
				}
			}
			return "%" + rest[:min(end, len(rest))]
		}
		layout = verb[1:]
	}
}

// timer formats the column of the time, once a second.
type timer struct {
	clock    Clock
	location *time.Location
	fraction bool // the layout shows fractions of a second
	second   int64
	raw      []byte // second in the layout
	text     []byte // raw, made safe
	width    int    // of text
	widest   int    // the greatest width so far
}

func newTimer(clock Clock, location *time.Location) timer {
	if location == nil {
		location = time.Local
	}
	if clock.utc {
		location = time.UTC
	}
	if clock.layout == "" {
		clock.layout = "%H:%M:%S"
	}
	return timer{clock: clock, location: location, fraction: strings.Contains(clock.layout, "f")}
}

// column returns the time as safe text, valid until the next call, and how many
// blanks fill its column. The zero time is blank.
func (c *timer) column(t time.Time) (text []byte, blanks int) {
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

func appendBlanks(dst []byte, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, ' ')
	}
	return dst
}
