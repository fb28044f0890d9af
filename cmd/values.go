package cmd

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format"
)

// duration is a flag's time span: 30s, 5m, 1h30m, or a bare number of seconds
// as sleep and timeout take it. It is more than nothing.
type duration time.Duration

func (d *duration) UnmarshalText(text []byte) error {
	s := string(text)
	span, err := time.ParseDuration(s)
	if err != nil {
		seconds, numErr := strconv.ParseFloat(s, 64)
		if numErr != nil || math.IsNaN(seconds) || math.Abs(seconds) > math.MaxInt64/1e9 {
			return fmt.Errorf("%q is no duration: write it as 30s, 5m or 1h30m", s)
		}
		span = time.Duration(seconds * float64(time.Second))
	}
	if span <= 0 {
		return fmt.Errorf("%q is no time to wait: it has to be more than 0", s)
	}
	*d = duration(span)
	return nil
}

// size is a flag's number of bytes: 4096, 64KiB, 16MiB, 1GiB, or with the
// decimal units kB, MB, GB. It is more than nothing.
type size int64

func (n *size) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	digits := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	units := map[string]int64{
		"": 1, "b": 1,
		"k": 1 << 10, "kib": 1 << 10, "kb": 1e3,
		"m": 1 << 20, "mib": 1 << 20, "mb": 1e6,
		"g": 1 << 30, "gib": 1 << 30, "gb": 1e9,
	}
	unit, known := units[strings.ToLower(strings.TrimSpace(s[len(digits):]))]
	number, err := strconv.ParseFloat(digits, 64)
	if err != nil || !known || number*float64(unit) < 1 || number*float64(unit) >= math.MaxInt/2 {
		return fmt.Errorf("%q is no size: write it as 65536, 64KiB or 16MiB", s)
	}
	*n = size(number * float64(unit))
	return nil
}

// speed is how many times faster than recorded a replay runs; 0 for max.
type speed float64

func (v *speed) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "max" {
		*v = 0
		return nil
	}
	factor, err := strconv.ParseFloat(strings.TrimSuffix(s, "x"), 64)
	if err != nil || !(factor > 0) || math.IsInf(factor, 0) {
		return fmt.Errorf("%q is no speed: write max, or a factor above 0 such as 1 or 10", s)
	}
	*v = speed(factor)
	return nil
}

// count is a flag's number of lines, at least 1.
type count int

func (c *count) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 1 {
		return fmt.Errorf("%q is no count: write a whole number of at least 1", text)
	}
	*c = count(n)
	return nil
}

// retries is a flag's number of retries, 0 for none.
type retries int

func (r *retries) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 0 {
		return fmt.Errorf("%q is no number of retries: write a whole number of at least 0", text)
	}
	*r = retries(n)
	return nil
}

// words is a flag's comma-separated list, which goes on where the flag is
// repeated. It is never empty.
type words []string

func (w *words) Decode(ctx *kong.DecodeContext) error {
	var list string
	if err := ctx.Scan.PopValueInto("list", &list); err != nil {
		return err
	}
	before := len(*w)
	for word := range strings.SplitSeq(list, ",") {
		if word = strings.TrimSpace(word); word != "" {
			*w = append(*w, word)
		}
	}
	if len(*w) == before {
		return fmt.Errorf("%q names nothing", list)
	}
	return nil
}

// among says which of the words are not among the names.
func (w words) among(names []record.Name, what string) error {
	for _, word := range w {
		if !record.Known(names, word) {
			return fmt.Errorf("%q is no %s: choose from %s", word, what, strings.Join(record.Words(names), ", "))
		}
	}
	return nil
}

// fieldList turns words into the record's fields, in their order.
func (w words) fieldList() ([]record.Field, error) {
	var fields []record.Field
	for _, word := range w {
		field, known := record.ByName(word)
		if !known {
			return nil, fmt.Errorf("%q is no field of the record: `restail fields` lists them", word)
		}
		if !slices.Contains(fields, field) {
			fields = append(fields, field)
		}
	}
	return fields, nil
}

// clock is the flag for the text format's clock.
type clock struct{ format.Clock }

func (c *clock) UnmarshalText(text []byte) (err error) {
	c.Clock, err = format.ParseClock(string(text))
	return err
}
