package cmd

import (
	"math"
	"strconv"
	"time"

	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format"
)

// linkRecord makes news of the link a record. A gap has milliseconds.
func linkRecord(r *record.Record, link *session.Link) {
	r.Reset()
	r.SetTime(link.At.Truncate(time.Second))
	r.SetPlain(record.Action, "link")
	r.SetPlain(record.Status, link.Status)
	if link.Reason != "" {
		r.SetPlain(record.Reason, link.Reason)
	}
	if link.HasGap {
		gap := math.Round(link.Gap.Seconds()*1000) / 1000
		r.SetNumber(record.GapSeconds, strconv.AppendFloat(nil, gap, 'f', -1, 64))
	}
	setFilled(r, link)
	if link.Status == session.Restored || link.Status == session.Lost {
		r.SetInt(record.Attempt, int64(link.Attempt))
	}
}

// tellLink makes a status line of news of the link, which r is the record of.
// Ended prints nothing: the error that follows does.
func tellLink(status *format.Status, r *record.Record, link *session.Link) {
	if link.Status != session.Ended {
		status.Link(format.Link{Detail: link.Detail, Gap: link.Gap, Retry: link.Retry, NeverUp: link.NeverUp}, r)
	}
}
