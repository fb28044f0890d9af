package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	_ "time/tzdata" // for systems without zoneinfo

	"github.com/restail/restail/format"
)

// moment is a flag's time: an instant, or one that depends on when a recording
// begins.
type moment struct {
	kind  momentKind
	at    time.Time
	after time.Duration
}

type momentKind uint8

const (
	noMoment   momentKind = iota
	instant               // at
	localTime             // the date and time of at, in the user's time zone
	clockTime             // the time of day of at, in the user's time zone
	afterFirst            // after the first action
)

// momentLayouts are the forms of a moment.
var momentLayouts = []struct {
	layout string
	kind   momentKind
}{
	{time.RFC3339, instant},
	{"2006-01-02 15:04", localTime},
	{"2006-01-02 15:04:05", localTime},
	{"15:04", clockTime},
	{"15:04:05", clockTime},
}

func (m *moment) UnmarshalText(text []byte) error {
	s := string(text)
	if span, isSpan := strings.CutPrefix(s, "+"); isSpan {
		if _, ok := decimal(span); ok {
			span += "s"
		}
		after, err := time.ParseDuration(span)
		if err != nil || strings.ContainsAny(span, "+-") {
			return invalidTime(s)
		}
		*m = moment{after: after, kind: afterFirst}
		return nil
	}
	for _, form := range momentLayouts {
		if at, err := time.Parse(form.layout, s); err == nil {
			*m = moment{at: at, kind: form.kind}
			return nil
		}
	}
	return invalidTime(s)
}

func invalidTime(s string) error {
	return fmt.Errorf("invalid time %q: want 2026-11-28T19:30:00Z, 2026-11-28 19:30, 19:30 or +1h30m", s)
}

// isLocal tells whether the moment depends on the user's time zone.
func (m moment) isLocal() bool { return m.kind == localTime || m.kind == clockTime }

// isRelative tells whether the moment depends on when the first action was.
func (m moment) isRelative() bool { return m.kind == clockTime || m.kind == afterFirst }

// farBack is how long before the first action a clock time may be. An earlier one
// is meant to be on the next day.
const farBack = 12 * time.Hour

// resolve returns the instant, zero for none. first is the time of the first
// action.
func (m moment) resolve(first time.Time, zone *time.Location) time.Time {
	switch m.kind {
	case instant:
		return m.at
	case localTime:
		return time.Date(m.at.Year(), m.at.Month(), m.at.Day(), m.at.Hour(), m.at.Minute(), m.at.Second(), 0, zone)
	case afterFirst:
		return first.Add(m.after)
	case clockTime:
		day := first.In(zone)
		at := func(days int) time.Time {
			return time.Date(day.Year(), day.Month(), day.Day()+days, m.at.Hour(), m.at.Minute(), m.at.Second(), 0, zone)
		}
		if today := at(0); first.Sub(today) <= farBack {
			return today
		}
		return at(1)
	}
	return time.Time{}
}

// isRelative tells whether the period depends on when the first action was.
func (p *periodFlags) isRelative() bool { return p.Since.isRelative() || p.Until.isRelative() }

// isSet tells whether only a part of the recording is wanted.
func (p *periodFlags) isSet() bool { return p.Since.kind != noMoment || p.Until.kind != noMoment }

// setZone loads the user's time zone where the period needs it.
func (p *periodFlags) setZone(env Env) (err error) {
	if p.Since.isLocal() || p.Until.isLocal() {
		if p.zone, err = env.location(); err != nil {
			err = usageError(err, "write a name such as TZ=Europe/Berlin, or a time with its zone such as 2026-11-28T19:30:00+01:00")
		}
	}
	return err
}

// resolve returns the period, given the time of the first action; a zero time is
// no limit.
func (p *periodFlags) resolve(first time.Time) (since, until time.Time) {
	return p.Since.resolve(first, p.zone), p.Until.resolve(first, p.zone)
}

// clock is the flag for the text format's clock.
type clock struct {
	format.Clock
	local    bool           // it shows the user's time zone
	location *time.Location // nil while it is not known
}

func (c *clock) UnmarshalText(text []byte) (err error) {
	value := string(text)
	c.local = value != "utc" && value != "none"
	c.Clock, err = format.ParseClock(value)
	return err
}

// maxZoneFile is the size of the largest time zone file that is read, in bytes.
const maxZoneFile = 1 << 20

// location returns the user's time zone: the one that TZ names, else the
// system's.
func (e Env) location() (*time.Location, error) {
	name, set := "", false
	for _, variable := range e.Environ {
		if value, ok := strings.CutPrefix(variable, "TZ="); ok {
			name, set = value, true
		}
	}
	if !set {
		return time.Local, nil
	}
	load := time.LoadLocation
	path := strings.TrimPrefix(name, ":")
	if strings.HasPrefix(path, "/") {
		load = zoneFile
	}
	location, err := load(path)
	if err != nil || path == "Local" {
		return nil, usageError(fmt.Errorf("cannot read the time zone TZ=%q", name), "write a name such as TZ=Europe/Berlin, or use --time=utc")
	}
	return location, nil
}

// zoneFile reads a time zone from a file.
func zoneFile(path string) (*time.Location, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxZoneFile))
	if err != nil {
		return nil, err
	}
	return time.LoadLocationFromTZData(path, data)
}
