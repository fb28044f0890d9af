package filter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/big"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/itchyny/gojq"

	"github.com/restail/restail/decode/record"
)

// huge matches programs that can keep gojq in one operation for long, such as
// implode of a large array.
var huge = regexp.MustCompile(`\d{4}|[eE][+-]?\d|pow|exp|ldexp|scalb|infinite|implode|explode`)

// FuzzProgram compiles and runs any program. Nothing panics, every run ends with
// its context, messages are safe for a terminal, and outputs have the documented
// types.
func FuzzProgram(f *testing.F) {
	for _, m := range mistakes {
		f.Add(m.program)
	}
	for _, test := range seeds {
		f.Add(test)
	}
	f.Fuzz(func(t *testing.T, program string) {
		if huge.MatchString(program) {
			return
		}
		p, err := Compile(program, Options{Name: "f\x1b.jq", Args: []Arg{{"you", "x"}}})
		if err != nil {
			checkVisible(t, err.Error())
			if failed := (*SyntaxError)(nil); errors.As(err, &failed) {
				checkPosition(t, program, failed)
			}
			return
		}
		for range 2 {
			ctx := &countdown{context.Background(), 60}
			err := p.Run(ctx, typical("twitch"), oneFrame, func(o Output) error {
				if o.Record != (o.Value == nil) {
					t.Errorf("output %+v", o)
				}
				checkValue(t, o.Value)
				return nil
			})
			if err != nil {
				line := errorLine(t, err)
				checkVisible(t, line)
				if strings.Contains(line, "\n") {
					t.Errorf("several lines: %q", line)
				}
			}
		}
	})
}

func checkPosition(t *testing.T, program string, e *SyntaxError) {
	lines := strings.Split(strings.TrimPrefix(program, byteOrderMark), "\n")
	if e.Line < 1 || e.Line > len(lines) || e.Column < 1 || e.Column > len([]rune(lines[e.Line-1]))+1 {
		t.Errorf("%q: line %d, column %d", program, e.Line, e.Column)
	}
	if text := strings.Split(e.Error(), "\n"); len(text) != 3 || strings.TrimLeft(text[2], " ") != "^" {
		t.Errorf("%q: %q", program, e.Error())
	}
}

func checkValue(t *testing.T, v any) {
	switch v := v.(type) {
	case nil, bool, int, float64, *big.Int, json.Number, string:
	case []any:
		for _, v := range v {
			checkValue(t, v)
		}
	case map[string]any:
		for _, v := range v {
			checkValue(t, v)
		}
	default:
		t.Errorf("a value of type %T", v)
	}
}

func compilePlainly(t testing.TB, program string) *gojq.Code {
	t.Helper()
	query, err := gojq.Parse(program)
	if err != nil {
		t.Fatal(err)
	}
	// gojq 0.12.20 compiles (1, [2]) | $x to [2] | $x when it removes
	// instructions without effect. $raw as a function is not affected.
	decodeRaw(query)
	frame := fromJSON(t, oneFrame)
	code, err := gojq.Compile(query, gojq.WithVariables([]string{"$raw"}),
		gojq.WithFunction(rawFunc, 0, 0, func(any, []any) any { return frame }),
		gojq.WithFunction("debug", 0, 0, func(v any, _ []any) any { return v }))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// plainly runs a program without any optimization: a run of gojq for this record
// alone, whose input is the record's JSON. It words errors as p does.
func plainly(t *testing.T, ctx context.Context, p *Program, code *gojq.Code, r *record.Record) []string {
	t.Helper()
	input, raw := fromJSON(t, toJSON(r)), fromJSON(t, oneFrame)
	var lines []string
	p = &Program{literals: p.literals}
	p.guard.limit = memoryLimit
	p.guard.begin(ctx)
	for p.results = code.RunWithContext(&p.guard, input, raw); ; {
		v, ok := p.nextOutput()
		if !ok {
			return lines
		}
		if p.guard.stopped != nil {
			return append(lines, "cancelled")
		}
		if err, ok := v.(error); ok {
			return append(lines, errorLine(t, p.recordError(err)))
		}
		text, err := gojq.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case v == nil || v == false:
		case v == true:
			lines = append(lines, "record")
		default:
			lines = append(lines, string(text))
		}
	}
}

func fromJSON(t testing.TB, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// equalToRecord makes an output that is an object equal to the record look
// like the record itself: the oracle cannot tell them apart.
func equalToRecord(t *testing.T, lines []string, r *record.Record) []string {
	t.Helper()
	whole, err := gojq.Marshal(fromJSON(t, toJSON(r)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range lines {
		if lines[i] == string(whole) {
			lines[i] = "record"
		}
	}
	return lines
}

// FuzzRecord runs one of the fixed programs on a record of any content, and
// compares with plain gojq.
func FuzzRecord(f *testing.F) {
	for i := range seeds {
		which := uint8(i)
		f.Add(which, "twitch", "Some Viewer", "hello", int64(5), "4.20", uint64(1<<63-1))
		f.Add(which, "", "\x00\u2028", "\\\" 絵文字 \U0001f469\u200d\U0001f467", int64(1<<53+1), "-0", uint64(0b1010101))
		f.Add(which, "kick", `{"a":1}`, "12", int64(-1), "1e400", uint64(0))
		f.Add(which, "youtube", "]", "1.5", int64(0), "123456789012345678901234567890", uint64(3))
	}
	programs := make([]*Program, len(seeds))
	plain := make([]*gojq.Code, len(seeds))
	for i, seed := range seeds {
		programs[i] = compile(f, seed, Options{})
		plain[i] = compilePlainly(f, seed)
	}
	f.Fuzz(func(t *testing.T, which uint8, platform, author, text string, n int64, number string, has uint64) {
		r, i := fuzzRecord(platform, author, text, n, number, has), int(which)%len(seeds)
		want := equalToRecord(t, plainly(t, context.Background(), programs[i], plain[i], r), r)
		got := equalToRecord(t, outputs(t, programs[i], r, oneFrame), r)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\non   %s\n got %q\nwant %q", seeds[i], toJSON(r), got, want)
		}
	})
}

func fuzzRecord(platform, author, text string, n int64, number string, has uint64) *record.Record {
	valid := func(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
	if !json.Valid([]byte(number)) || strings.Trim(number, "0123456789.eE+-") != "" {
		number = "0"
	}
	r := typical(valid(platform))
	r.SetString(record.Author, valid(author))
	r.SetString(record.Text, valid(text))
	r.SetInt(record.UserID, n)
	r.SetNumber(record.GapSeconds, []byte(number))
	r.SetBool(record.IsSubscriber, n%2 == 0)
	r.Add(record.Badges, record.Chars{Bytes: []byte(valid(author))})
	r.Add(record.GiftedTo, record.Chars{Bytes: []byte(strconv.Itoa(int(n)))})
	for f := range record.Field(record.Count) {
		if has&(1<<(f%64)) != 0 {
			r.Drop(f)
		}
	}
	return r
}
