package record

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestSetTime compares the time field with what package time makes of the
// instant, in any order and zone.
func TestSetTime(t *testing.T) {
	var r Record
	check := func(at time.Time) {
		t.Helper()
		layout := "2006-01-02T15:04:05Z"
		if at.UnixMilli()%1000 != 0 {
			layout = "2006-01-02T15:04:05.000Z"
		}
		r.Reset()
		r.SetTime(at)
		if got, want := string(r.Bytes(Time)), at.UTC().Format(layout); got != want || !r.At.Equal(at) {
			t.Fatalf("%s (%s), want %s", got, r.At, want)
		}
	}
	first := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	last := time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)
	for _, at := range []time.Time{time.Unix(0, 0), time.Unix(-1, 0), first, last, first, time.Unix(0, 5e6), time.Unix(-86400, 0), time.Unix(-86401, 0)} {
		check(at)
	}
	rng := rand.New(rand.NewPCG(7, 8))
	zone := time.FixedZone("", -5*60*60)
	for range 20_000 {
		at := time.UnixMilli(first.UnixMilli() + rng.Int64N(last.UnixMilli()-first.UnixMilli()-1e9))
		check(at)
		check(at.Add(time.Duration(rng.IntN(1e9)) * time.Millisecond).In(zone))
		check(at.Truncate(time.Second))
	}
}

// TestReserve checks that Reserve keeps the strings of a list, and does not add
// the field to the record.
func TestReserve(t *testing.T) {
	var r Record
	r.Reserve(Badges, 2)
	if r.Has(Badges) {
		t.Error("an empty list")
	}
	r.Add(Badges, Chars{Bytes: []byte("a")})
	r.Reserve(Badges, 1000)
	r.Add(Badges, Chars{Bytes: []byte("b")})
	if list := r.List(Badges); len(list) != 2 || string(list[0].Bytes) != "a" || string(list[1].Bytes) != "b" {
		t.Errorf("the list is %v", list)
	}
	r.Reset()
	r.Reserve(Badges, 1)
	if r.Add(Badges, Chars{}); len(r.List(Badges)) != 1 {
		t.Error("strings of an earlier record")
	}
}

// TestFieldsAreComplete checks that each field has a row in Fields.
func TestFieldsAreComplete(t *testing.T) {
	names := map[string]bool{}
	for f, definition := range Fields {
		if definition.Name == "" || definition.Actions == "" || definition.Meaning == "" {
			t.Errorf("field %d, after %s, is incomplete: %+v", f, Fields[max(f-1, 0)].Name, definition)
		}
		if names[definition.Name] {
			t.Errorf("there are two fields %s", definition.Name)
		}
		names[definition.Name] = true
	}
}
