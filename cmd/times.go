package cmd

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	_ "time/tzdata" // for systems without zoneinfo

	"github.com/restail/restail/format"
)

// timePoint is the value of --since or --until: a time, or one that depends on when a
// recording begins.
type timePoint struct {
	kind  timeKind
	at    time.Time
	after time.Duration
}

// timeKind says which fields of a timePoint count, and how.
type timeKind uint8

const (
	noTime     timeKind = iota
	absolute            // at
	localTime           // the date and time of at, in the user's time zone
	clockTime           // the time of day of at, in the user's time zone
	afterFirst          // after the first action
)

// timeLayouts are the forms of a timePoint that package time can parse.
var timeLayouts = []struct {
	layout string
	kind   timeKind
}{
	{time.RFC3339, absolute},
	{"2006-01-02 15:04", localTime},
	{"2006-01-02 15:04:05", localTime},
	{"15:04", clockTime},
	{"15:04:05", clockTime},
}

func (p *timePoint) UnmarshalText(text []byte) error {
	s := string(text)
	if span, isSpan := strings.CutPrefix(s, "+"); isSpan {
		if _, ok := parseDecimal(span); ok {
			span += "s"
		}
		after, err := time.ParseDuration(span)
		if err != nil || strings.ContainsAny(span, "+-") {
			return invalidTime(s)
		}
		*p = timePoint{after: after, kind: afterFirst}
		return nil
	}
	for _, form := range timeLayouts {
		if at, err := time.Parse(form.layout, strings.ToUpper(s)); err == nil {
			*p = timePoint{at: at, kind: form.kind}
			return nil
		}
	}
	return invalidTime(s)
}

func invalidTime(s string) error {
	return fmt.Errorf("invalid time %q: want 2026-11-28T19:30:00Z, 2026-11-28 19:30, 19:30 or +1h30m", s)
}

// isLocal reports whether the time depends on the user's time zone.
func (p timePoint) isLocal() bool { return p.kind == localTime || p.kind == clockTime }

// isFixed reports whether the time is the same for every recording.
func (p timePoint) isFixed() bool { return p.kind == absolute || p.kind == localTime }

// isRelative reports whether the time depends on the first action.
func (p timePoint) isRelative() bool { return p.kind == clockTime || p.kind == afterFirst }

// maxBefore is how long before the first action a clock time can be. An earlier one
// means the next day.
const maxBefore = 12 * time.Hour

// resolve returns the time, zero for none. first is the time of the first action.
func (p timePoint) resolve(first time.Time, zone *time.Location) time.Time {
	switch p.kind {
	case absolute:
		return p.at
	case localTime:
		return time.Date(p.at.Year(), p.at.Month(), p.at.Day(), p.at.Hour(), p.at.Minute(), p.at.Second(), 0, zone)
	case afterFirst:
		return first.Add(p.after)
	case clockTime:
		day := first.In(zone)
		at := func(days int) time.Time {
			return time.Date(day.Year(), day.Month(), day.Day()+days, p.at.Hour(), p.at.Minute(), p.at.Second(), 0, zone)
		}
		if today := at(0); first.Sub(today) <= maxBefore {
			return today
		}
		return at(1)
	}
	return time.Time{}
}

// isRelative reports whether the period depends on the first action.
func (p *periodFlags) isRelative() bool { return p.Since.isRelative() || p.Until.isRelative() }

// isSet reports whether only a part of the recording is wanted.
func (p *periodFlags) isSet() bool { return p.Since.kind != noTime || p.Until.kind != noTime }

// setZone loads the user's time zone if the period needs it. It also refuses a period
// that ends before it begins; clock times are not compared, since their day depends on
// the recording.
func (p *periodFlags) setZone(env Env) (err error) {
	if p.Since.isLocal() || p.Until.isLocal() {
		if p.zone, err = env.location(); err != nil {
			return usageError(err, zoneAdvice+", or a time with its zone such as 2026-11-28T19:30:00+01:00")
		}
	}
	since, until := p.resolve(time.Time{})
	comparable := p.Since.isFixed() && p.Until.isFixed() || p.Since.kind == afterFirst && p.Until.kind == afterFirst
	if comparable && until.Before(since) {
		return errors.New("--until is before --since")
	}
	return nil
}

// resolve returns the period, given the time of the first action. A zero time means no
// limit.
func (p *periodFlags) resolve(first time.Time) (since, until time.Time) {
	return p.Since.resolve(first, p.zone), p.Until.resolve(first, p.zone)
}

// clock is the value of --time, the clock of the text format.
type clock struct {
	format.Clock
	local    bool           // in the user's time zone
	location *time.Location // set by setZone; nil if not local
}

func (c *clock) UnmarshalText(text []byte) (err error) {
	value := string(text)
	c.local = value != "utc" && value != "none"
	c.Clock, err = format.ParseClock(value)
	return err
}

// zoneAdvice is the hint for a time zone that cannot be read.
const zoneAdvice = "write a name such as TZ=Europe/Berlin"

// location returns the user's time zone: the one that TZ names, or else the system's.
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
		load = loadZoneFile
	}
	location, err := load(path)
	if err != nil || path == "Local" {
		return nil, usageError(fmt.Errorf("cannot read the time zone TZ=%q", name), zoneAdvice)
	}
	return location, nil
}

// loadZoneFile reads a time zone from a file.
func loadZoneFile(path string) (*time.Location, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return time.LoadLocationFromTZData(path, data)
}
