package cmd

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/filter"
)

// parseDecimal parses digits with at most one decimal point. The other spellings of Go
// (0x1p3, 1_0, +1, 1e3, Inf) are mistakes on a command line.
func parseDecimal(s string) (value float64, ok bool) {
	if !consistsOf(s, "0123456789.") {
		return 0, false
	}
	value, err := strconv.ParseFloat(s, 64)
	return value, err == nil || errors.Is(err, strconv.ErrRange)
}

// consistsOf reports whether s is one or more of these characters.
func consistsOf(s, characters string) bool { return s != "" && strings.Trim(s, characters) == "" }

// duration is the value of a flag such as --timeout: 30s, 5m, 1h30m, or a number of
// seconds, as sleep(1) takes it. It is longer than 0.
type duration time.Duration

func (d *duration) UnmarshalText(text []byte) error {
	s := string(text)
	if seconds, ok := parseDecimal(s); ok {
		s = strconv.FormatFloat(seconds, 'f', -1, 64) + "s"
	}
	span, err := time.ParseDuration(s)
	if err != nil || strings.HasPrefix(s, "+") {
		return fmt.Errorf("invalid duration %q: want a duration such as 30, 30s, 5m or 1h30m", text)
	}
	if span <= 0 {
		return fmt.Errorf("invalid duration %q: want more than 0", text)
	}
	*d = duration(span)
	return nil
}

// size is a number of bytes: 4096, 64KiB, 16MiB, 1GiB, or with the decimal units kB,
// MB and GB. It is at least 1.
type size int64

// maxSize is small enough to add two sizes in an int.
const maxSize = math.MaxInt / 2

func (n *size) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	digits := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	units := map[string]float64{
		"": 1, "b": 1,
		"k": 1 << 10, "kib": 1 << 10, "kb": 1e3,
		"m": 1 << 20, "mib": 1 << 20, "mb": 1e6,
		"g": 1 << 30, "gib": 1 << 30, "gb": 1e9,
	}
	unit, known := units[strings.ToLower(strings.TrimSpace(s[len(digits):]))]
	number, ok := parseDecimal(digits)
	switch bytes := number * unit; {
	case !known || !ok:
		return fmt.Errorf("invalid size %q: want 65536, 64KiB or 16MiB", text)
	case bytes < 1:
		return fmt.Errorf("invalid size %q: want at least 1 byte", text)
	case bytes >= maxSize:
		return fmt.Errorf("invalid size %q: want at most %d bytes", text, maxSize)
	default:
		*n = size(bytes)
	}
	return nil
}

// speed is a factor of the recorded pace; 0 means max.
type speed float64

func (v *speed) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "max" {
		*v = 0
		return nil
	}
	factor, ok := parseDecimal(strings.TrimSuffix(s, "x"))
	if !ok || factor == 0 || math.IsInf(factor, 0) {
		return fmt.Errorf("invalid speed %q: want max, or a factor above 0 such as 1 or 10", s)
	}
	*v = speed(factor)
	return nil
}

// count is a number of lines, at least 1.
type count int

func (c *count) UnmarshalText(text []byte) error {
	n, err := parseWhole(1, string(text))
	*c = count(n)
	return err
}

// retries is a number of retries, 0 for none.
type retries int

func (r *retries) UnmarshalText(text []byte) error {
	n, err := parseWhole(0, string(text))
	*r = retries(n)
	return err
}

// parseWhole parses a whole number that is not less than least.
func parseWhole(least int, s string) (int, error) {
	n, err := strconv.Atoi(s)
	switch {
	case consistsOf(s, "0123456789") && err != nil:
		return 0, fmt.Errorf("invalid number %q: want at most %d", s, math.MaxInt)
	case err != nil || s[0] == '+' || n < least:
		return 0, fmt.Errorf("invalid number %q: want a whole number, at least %d", s, least)
	}
	return n, nil
}

// nameList is a comma-separated list of names, in lower case. A repeated flag adds to
// it. An empty list is an error.
type nameList []string

func (l *nameList) Decode(ctx *kong.DecodeContext) error {
	var list string
	if err := ctx.Scan.PopValueInto("list", &list); err != nil {
		return err
	}
	before := len(*l)
	for name := range strings.SplitSeq(strings.ToLower(list), ",") {
		if name = strings.TrimSpace(name); name != "" {
			*l = append(*l, name)
		}
	}
	if len(*l) == before {
		return fmt.Errorf("empty list %q: want names separated by commas", list)
	}
	return nil
}

// bindings are the values of --arg: NAME=VALUE, where NAME is valid in a jq program. A
// repeated flag adds to them.
type bindings []string

func (b *bindings) Decode(ctx *kong.DecodeContext) error {
	token, err := ctx.Scan.PopValue("string")
	if err != nil {
		return err
	}
	switch value := token.Value.(type) {
	case []any: // the configuration's list of strings
		for _, item := range value {
			*b = append(*b, item.(string))
		}
	default:
		*b = append(*b, fmt.Sprint(value))
	}
	args, err := filterArgs(*b)
	if err != nil {
		return err
	}
	return filter.CheckArgs(args)
}

// checkAgainst returns an error if the list has a name that is not among the known
// ones. what says what they name.
func (l nameList) checkAgainst(names []record.Name, what string) error {
	known := record.WithoutMeanings(names)
	for _, name := range l {
		if !slices.Contains(known, name) {
			return unknownError(what, name, known, "want "+joinOr(known))
		}
	}
	return nil
}

// set returns the names as a set, nil without names.
func (l nameList) set() map[string]bool {
	if l == nil {
		return nil
	}
	set := map[string]bool{}
	for _, name := range l {
		set[name] = true
	}
	return set
}

// fields returns the fields that the list names, in the order of the list.
func (l nameList) fields() ([]record.Field, error) {
	var fields []record.Field
	for _, name := range l {
		field, known := record.ByName(name)
		if !known {
			return nil, unknownError("field", name, fieldNames(), "`restail fields` lists them")
		}
		if !slices.Contains(fields, field) {
			fields = append(fields, field)
		}
	}
	return fields, nil
}

// fieldNames returns the names of all fields of the record.
func fieldNames() []string {
	names := make([]string, len(record.Fields))
	for i, field := range record.Fields {
		names[i] = field.Name
	}
	return names
}

// unknownError is the error for a name that is not among the known ones. It suggests
// the nearest one, or ends with advice if none is near.
func unknownError(what, name string, known []string, advice string) error {
	if near := nearest(name, known); near != "" {
		return fmt.Errorf("unknown %s %q (did you mean %q?)", what, name, near)
	}
	return fmt.Errorf("unknown %s %q: %s", what, name, advice)
}

// nearest returns the known name that differs from name in the fewest letters, at most
// a third of them, or else one that begins with name, or else "".
func nearest(name string, known []string) string {
	name = strings.ToLower(name)
	if name == "twitter" && slices.Contains(known, "x") {
		return "x" // as it is called now
	}
	best, most := "", min(len(name)-1, max(1, (len(name)+1)/3))
	for _, candidate := range known {
		if d := editDistance(name, candidate); d <= most {
			best, most = candidate, d-1
		}
	}
	for _, candidate := range known {
		if best == "" && len(name) > 1 && strings.HasPrefix(candidate, name) {
			best = candidate
		}
	}
	return best
}

// editDistance returns how many letters to insert, delete, replace or swap with their
// neighbour to turn a into b.
func editDistance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last := make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := range s {
		row := make([]int, len(t)+1)
		row[0] = i + 1
		for j := range t {
			replace := last[j]
			if s[i] != t[j] {
				replace++
			}
			row[j+1] = min(replace, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(t)]
}

// joinOr joins choices for a message: text, json or none.
func joinOr(choices []string) string {
	last := len(choices) - 1
	if last < 1 {
		return strings.Join(choices, "")
	}
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}
