package decode

import (
	"testing"
	"time"

	"github.com/restail/restail/decode/record"
)

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
