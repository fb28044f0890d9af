package filter

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"

	"github.com/restail/restail/decode/record"
)

// object converts records to values of gojq, one at a time.
type object struct {
	// fields are the fields that the program gets. With whole set it gets all.
	fields []record.Field
	whole  bool
	// members is reused for each record: gojq never changes its input, and a run
	// does not keep earlier records.
	members map[string]any
	strings cache
	numbers cache
}

func newObject(fields []record.Field, whole bool) object {
	return object{
		fields: fields, whole: whole,
		members: make(map[string]any, len(fields)),
		strings: cache{}, numbers: cache{},
	}
}

// fill returns the record as an object, which is valid until the next call.
func (o *object) fill(r *record.Record) map[string]any {
	clear(o.members)
	if o.whole {
		for f := range r.All {
			o.members[record.Fields[f].Name] = o.value(r, f)
		}
		return o.members
	}
	for _, f := range o.fields {
		if r.Has(f) {
			o.members[record.Fields[f].Name] = o.value(r, f)
		}
	}
	return o.members
}

// is reports whether v is the object itself. One that is equal to it does not count.
func (o *object) is(v map[string]any) bool {
	return reflect.ValueOf(v).Pointer() == reflect.ValueOf(o.members).Pointer()
}

// value returns a copy of one field of the record.
func (o *object) value(r *record.Record, f record.Field) any {
	switch record.Fields[f].Kind {
	case record.Bool:
		return r.Bool(f)
	case record.Number:
		return o.numbers.get(r.Bytes(f), numberValue)
	case record.Strings:
		list := r.List(f)
		values := make([]any, len(list))
		for i, c := range list {
			values[i] = o.strings.get(c.Bytes, stringValue)
		}
		return values
	}
	if !repeated[f] {
		return string(r.Bytes(f))
	}
	return o.strings.get(r.Bytes(f), stringValue)
}

// repeated marks the fields whose strings are cached, since a chat repeats them.
var repeated = [record.Count]bool{
	record.Action: true, record.Platform: true, record.Connection: true, record.Channel: true,
	record.Type: true, record.BroadcastID: true, record.ShowID: true, record.Currency: true,
	record.Level: true, record.Role: true, record.RoomRole: true, record.PartnerStatus: true,
	record.Status: true, record.Reason: true, record.ReasonText: true,
}

// cache maps the text of a value to the value, so that a repeated one costs no
// allocation.
type cache map[string]any

const (
	maxCached    = 1024 // entries; a full cache is emptied
	maxCachedLen = 128  // bytes; longer texts are not cached
)

// get returns the value of a text, which value makes if it is not cached.
func (c *cache) get(text []byte, value func(string) any) any {
	if v, ok := (*c)[string(text)]; ok {
		return v
	}
	s := string(text)
	v := value(s)
	if len(text) <= maxCachedLen {
		if len(*c) >= maxCached {
			clear(*c)
		}
		(*c)[s] = v
	}
	return v
}

func stringValue(s string) any { return s }

// numberValue converts a JSON number as gojq does: to an int if that is exact, else
// to the literal, which gojq parses for arithmetic and writes unchanged.
func numberValue(literal string) any {
	if n, err := strconv.Atoi(literal); err == nil && literal != "-0" {
		return n
	}
	return json.Number(literal)
}

// lazyFrame is the frame that a record was decoded from. $raw decodes it when it is
// first used.
type lazyFrame struct {
	frame     []byte
	decoded   any
	isDecoded bool
}

// value returns the decoded frame, nil without a frame, or an error, which gojq
// raises. Numbers keep their digits.
func (f *lazyFrame) value() any {
	if f.isDecoded || f.frame == nil {
		return f.decoded
	}
	decoder := json.NewDecoder(bytes.NewReader(f.frame))
	decoder.UseNumber()
	if err := decoder.Decode(&f.decoded); err != nil {
		return &Error{Message: "$raw: " + err.Error()}
	}
	f.isDecoded = true
	return f.decoded
}
