package decode

import (
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/decode/record"
)

// TestNumericIDs checks that an id that is a number becomes its digits when its
// value is an integer, in any notation, and is skipped otherwise.
func TestNumericIDs(t *testing.T) {
	long := "1" + strings.Repeat("234567890", 20)
	for _, test := range []struct{ literal, want string }{
		{`12`, "12"},
		{`-12`, "-12"},
		{`0`, "0"},
		{`-0`, "0"},
		{long, long},
		{`12.0`, "12"},
		{`129740910.0`, "129740910"},
		{`12.000`, "12"},
		{`-12.0`, "-12"},
		{`0.0`, "0"},
		{`-0.0e5`, "0"},
		{`0e999999999999`, "0"},
		{`1.2e3`, "1200"},
		{`1.2E+3`, "1200"},
		{`1.2e1`, "12"},
		{`1.2974091e8`, "129740910"},
		{`1200e-2`, "12"},
		{`100.00e-2`, "1"},
		{`0.0012e4`, "12"},
		{`0.5e1`, "5"},
		{`9007199254740993.0`, "9007199254740993"},
		{`123456789012345678901234567890.0`, "123456789012345678901234567890"},
		{`1e63`, "1" + strings.Repeat("0", 63)},
		{`1e64`, ""},
		{`1e999999999999999999`, ""},
		{`1e-999999999999999999`, ""},
		{`1.5`, ""},
		{`-1.5`, ""},
		{`12e-1`, ""},
		{`0.1`, ""},
	} {
		frame := []byte(`{"action":"event","payload":{"eventPayload":{"author":{"id":` + test.literal + `}}}}`)
		r, err := newDecoder().decode(frame)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(r.Bytes(record.AuthorID)); got != test.want || r.Has(record.AuthorID) != (test.want != "") {
			t.Errorf("%s: got %q, want %q", test.literal, got, test.want)
		}
		checkFrame(t, frame)
	}
}

// TestManyNumericIDs checks that every id of a frame keeps its own digits.
func TestManyNumericIDs(t *testing.T) {
	frame := []byte(`{"action":"reply_created","payload":{"replyUuid":1e1,"clientReplyUuid":2e1,"eventId":3e1,"connectionIdentifiers":[` + strings.Repeat("4e1,", 99) + `5e1]}}`)
	r, err := newDecoder().decode(frame)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"time":"` + received + `","action":"reply_created","broadcast_id":"30","reply_id":"10","client_reply_id":"20","connections":[` + strings.Repeat(`"40",`, 99) + `"50"]}`
	if got := marshal(r); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// received is the time of receipt in a record: in whole seconds, unlike the clock.
const received = "2030-01-02T02:04:05Z"

var stampTests = []struct{ stamp, want string }{
	{`1740152273`, "2025-02-21T15:37:53Z"},
	{`1740152273.0`, "2025-02-21T15:37:53Z"},
	{`1740152273.000`, "2025-02-21T15:37:53Z"},
	{`1740152273.5`, "2025-02-21T15:37:53.500Z"},
	{`1740152273.05`, "2025-02-21T15:37:53.050Z"},
	{`1740152273.999`, "2025-02-21T15:37:53.999Z"},
	{`1740152273.9999999999999999999999`, "2025-02-21T15:37:53.999Z"},
	{`1740152273.0009`, "2025-02-21T15:37:53Z"},
	{`1740152273.001`, "2025-02-21T15:37:53.001Z"},
	{`1740152273123`, "2025-02-21T15:37:53.123Z"},
	{`1740152273000`, "2025-02-21T15:37:53Z"},
	{`1740152273123.9`, "2025-02-21T15:37:53.123Z"},
	{`1.740152273e9`, "2025-02-21T15:37:53Z"},
	{`1.740152273999E+9`, "2025-02-21T15:37:53.999Z"},
	{`17401522735e-1`, "2025-02-21T15:37:53.500Z"},
	{`1740152273123e0`, "2025-02-21T15:37:53.123Z"},
	{`174015227300e-2`, "2025-02-21T15:37:53Z"},
	{`0.00001740152273123e17`, "2025-02-21T15:37:53.123Z"},

	{`946684800`, "2000-01-01T00:00:00Z"},
	{`946684799`, received},
	{`946684799.999`, received},
	{`253402300799`, "9999-12-31T23:59:59Z"},
	{`253402300799.999`, "9999-12-31T23:59:59.999Z"},
	{`253402300800`, received},
	{`999999999999`, received},
	{`1000000000000`, "2001-09-09T01:46:40Z"},
	{`9999999999999`, "2286-11-20T17:46:39.999Z"},
	{`10000000000000`, received},
	{`123456789012345678901234567890`, received},
	{`1e00000000010`, "2286-11-20T17:46:40Z"},
	{`1e999999999999`, received},
	{`1e-999999999999`, received},

	{`0`, received}, {`-0`, received}, {`0e9`, received}, {`0.0`, received}, {`-1740152273`, received}, {`-1e9`, received},
	{`null`, received}, {`"1740152273"`, received}, {`true`, received}, {`[1740152273]`, received}, {`{}`, received},
}

func TestTime(t *testing.T) {
	for _, test := range stampTests {
		frame := []byte(`{"action":"heartbeat","timestamp":` + test.stamp + `}`)
		d := newDecoder()
		r, err := d.decode(frame)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(r.Bytes(record.Time)); got != test.want {
			t.Errorf("%s: got %s, want %s", test.stamp, got, test.want)
		}
		if at, ok := d.action.Stamp(); ok != (test.want != received) || ok && !at.Equal(r.At) {
			t.Errorf("%s: Stamp is %v, %v", test.stamp, at, ok)
		}
		if at, err := time.Parse(time.RFC3339, test.want); err != nil || !r.At.Equal(at) {
			t.Errorf("%s: At is %v, want %v", test.stamp, r.At, at)
		}
	}
	r, err := newDecoder().decode([]byte(`{"action":"heartbeat"}`))
	if err != nil || string(r.Bytes(record.Time)) != received {
		t.Errorf("without a stamp: %v, %s", err, r.Bytes(record.Time))
	}
}

func TestStampOfAnAction(t *testing.T) {
	var p Parser
	var a Action
	for _, test := range []struct {
		frame string
		want  int64 // 0 for none
	}{
		{`{"action":"event","payload":{"timestamp":5,"x":[1]},"timestamp":1740152273}`, 1740152273},
		{`{"timestamp":1740152273,"action":"event"}`, 1740152273},
		{`{"timestamp":1740152273,"timestamp":1740152274,"action":"event"}`, 1740152274},
		{`{"action":"event"}`, 0},
	} {
		if err := p.Parse(&a, []byte(test.frame)); err != nil {
			t.Fatal(err)
		}
		if at, ok := a.Stamp(); ok != (test.want != 0) || ok && at.Unix() != test.want {
			t.Errorf("%s: %v, %v", test.frame, at, ok)
		}
	}
}
