package filter

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"

	"github.com/restail/restail/decode/record"
)

// object turns records into what gojq takes, one at a time.
type object struct {
	// fields are the ones that the program can see, all of them when whole.
	fields []record.Field
	whole  bool
	// members is used again for each record: gojq never changes its input,
	// and no run remembers an earlier record.
	members map[string]any
	strings words
	numbers words
}

func newObject(fields []record.Field, whole bool) object {
	return object{
		fields: fields, whole: whole,
		members: make(map[string]any, len(fields)),
		strings: words{}, numbers: words{},
	}
}

// fill makes the record's object. It is valid until the next one.
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

// is tells whether v is the object itself, not one that is equal to it.
func (o *object) is(v map[string]any) bool {
	return reflect.ValueOf(v).Pointer() == reflect.ValueOf(o.members).Pointer()
}

// value is one field of the record, a copy.
func (o *object) value(r *record.Record, f record.Field) any {
	switch record.Fields[f].Kind {
	case record.Bool:
		return r.Bool(f)
	case record.Number:
		return o.numbers.find(r.Bytes(f), number)
	case record.Strings:
		list := r.List(f)
		values := make([]any, len(list))
		for i, c := range list {
			values[i] = o.strings.find(c.Bytes, text)
		}
		return values
	}
	if !repeated[f] {
		return string(r.Bytes(f))
	}
	return o.strings.find(r.Bytes(f), text)
}

// repeated are the strings that come again and again in a chat.
var repeated = [record.Count]bool{
	record.Action: true, record.Platform: true, record.Connection: true, record.Channel: true,
	record.Type: true, record.BroadcastID: true, record.ShowID: true, record.Currency: true,
	record.Level: true, record.Role: true, record.RoomRole: true, record.PartnerStatus: true,
	record.Status: true, record.Reason: true, record.ReasonText: true,
}

// words are values that were seen before: finding one costs no allocation.
type words map[string]any

const (
	maxWords = 1024 // when there are more, all are forgotten
	maxWord  = 128  // bytes; longer ones are not kept
)

func (w *words) find(literal []byte, value func(string) any) any {
	if v, ok := (*w)[string(literal)]; ok {
		return v
	}
	s := string(literal)
	v := value(s)
	if len(literal) <= maxWord {
		if len(*w) >= maxWords {
			clear(*w)
		}
		(*w)[s] = v
	}
	return v
}

func text(s string) any { return s }

// number reads a JSON number as gojq does: an int where that is exact, else
// the literal, which gojq reads when it calculates and writes as it came.
func number(literal string) any {
	if n, err := strconv.Atoi(literal); err == nil && literal != "-0" {
		return n
	}
	return json.Number(literal)
}

// action is the wire's action behind a record: $raw.
type action struct {
	frame   []byte
	decoded any
	done    bool
}

// value decodes the action, once. Its numbers keep their literals.
func (a *action) value() any {
	if a.done || a.frame == nil {
		return a.decoded
	}
	decoder := json.NewDecoder(bytes.NewReader(a.frame))
	decoder.UseNumber()
	if err := decoder.Decode(&a.decoded); err != nil {
		return &Error{Message: "$raw: " + err.Error()}
	}
	a.done = true
	return a.decoded
}
