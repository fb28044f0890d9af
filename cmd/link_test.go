package cmd

import (
	"bytes"
	"testing"
	"time"

	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format"
)

// A record of the link and its status line say the same. For people the gap is
// rounded once, not again after the record's milliseconds.
func TestLinkRecordAndStatusLine(t *testing.T) {
	at := time.Date(2026, 5, 1, 19, 4, 11, 999e6, time.FixedZone("", 2*60*60))
	for _, test := range []struct {
		link               session.Link
		fields, sign, told string
	}{
		{
			session.Link{Status: session.Connected, At: at, Attempt: 1},
			`"action":"link","status":"connected"`,
			"+", "link connected",
		}, {
			session.Link{Status: session.Lost, Reason: "rate_limited", At: at, Retry: 2100 * time.Millisecond},
			`"action":"link","status":"lost","reason":"rate_limited","attempt":0`,
			"~", "link lost (rate limited), retrying in 2.1s",
		}, {
			session.Link{Status: session.Restored, At: at, Gap: 59949500 * time.Microsecond, HasGap: true, Attempt: 2},
			`"action":"link","status":"restored","gap_seconds":59.95,"attempt":2`,
			"+", "link restored after 59.9s; chat sent meanwhile was missed",
		}, {
			session.Link{Status: session.Ended, Reason: "closed", Detail: "bye", At: at, Attempt: 2},
			`"action":"link","status":"ended","reason":"closed"`, "", "",
		},
	} {
		var r record.Record
		linkRecord(&r, &test.link)
		const when = `{"time":"2026-05-01T17:04:11Z",`
		if got, want := string(format.NDJSON{}.Record(nil, &r, nil)), when+test.fields+"}\n"; got != want {
			t.Errorf("the record is\n%swant\n%s", got, want)
		}
		var got bytes.Buffer
		tellLink(format.NewStatus(&got, format.StatusText, time.Now), &r, &test.link)
		tellLink(format.NewStatus(&got, format.StatusJSON, time.Now), &r, &test.link)
		want := ""
		if test.told != "" {
			want = "restail: " + test.sign + " " + test.told + "\n" + when + `"kind":"link","message":"` + test.told + `",` + test.fields + "}\n"
		}
		if got.String() != want {
			t.Errorf("the status lines are\n%swant\n%s", &got, want)
		}
	}
}
