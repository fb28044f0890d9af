package cmd

import (
	"bytes"
	"context"
	"time"

	"github.com/restail/restail/cmd/auth"
	"github.com/restail/restail/cmd/history"
	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode/record"
)

// backfillFlags say whether gaps are filled.
type backfillFlags struct {
	Backfill bool `group:"record" help:"After a gap, fetch what was said meanwhile from Restream's chat history and write it in between the live messages."`
}

// backfillRetries is how often a request is tried again.
const backfillRetries = 4

// backfill fills the gaps of a live chat. What it finds goes to the link, which
// puts it into the stream and into the recording.
type backfill struct {
	*history.Backfill
	ctx     context.Context // of run
	inserts chan session.Item
	filled  func() // called when a gap was dealt with; nil for nothing
}

// newBackfill prepares the filling of gaps. maxBackoff is the longest pause between
// two tries. speed divides the delays before a gap is filled; 0 means none. edge is
// that of an earlier run.
func (r *run) newBackfill(o auth.Options, tokens session.Tokens, maxBackoff time.Duration, speed float64, edge []byte) *backfill {
	b := &backfill{inserts: make(chan session.Item)}
	b.Backfill = history.NewBackfill(history.BackfillOptions{
		Client: r.historyClient(o, tokens, backfillRetries, maxBackoff),
		Insert: b.insert, Report: b.report, Speed: speed, Edge: edge,
	})
	return b
}

// run fills gaps until ctx is done.
func (b *backfill) run(ctx context.Context) {
	b.ctx = ctx
	b.Run(ctx)
}

// insert puts messages into the stream.
func (b *backfill) insert(messages []history.Message, broadcast string) {
	for _, m := range messages {
		now := time.Now()
		line := recording.AppendHistory(nil, broadcast, m.Raw)
		parsed := new(recording.LineParser).Own(line, now)
		if parsed != nil {
			b.put(session.Item{Line: parsed, Frame: bytes.TrimSuffix(line, []byte("\n")), Received: now})
		}
	}
}

// report puts what became of a gap into the stream.
func (b *backfill) report(status, reason string, count int, gap time.Duration) {
	now := time.Now()
	b.put(session.Item{Received: now, Link: &session.Link{
		Status: status, Reason: reason, At: now, Gap: gap, HasGap: true, Count: count,
	}})
	if b.filled != nil {
		b.filled()
	}
}

func (b *backfill) put(item session.Item) {
	select {
	case b.inserts <- item:
	case <-b.ctx.Done():
	}
}

// noteAction takes the action that was applied. The service's stamp is zero when it
// has none.
func (b *backfill) noteAction(p *pipe, item session.Item) {
	stamp, ok := item.Action.Stamp()
	if !ok {
		stamp = time.Time{}
	}
	b.Note(p.decoder.Record(), stamp, item.Received)
}

// noteLink takes news of the link.
func (b *backfill) noteLink(news *session.Link) {
	switch {
	case news.Status == session.Connected && !news.HasGap:
		b.Connected(news.At)
	case news.Status == session.Connected, news.Status == session.Restored:
		b.Restored(news.At, news.Gap)
	}
}

// setFilled completes the record of a gap that was dealt with.
func setFilled(r *record.Record, link *session.Link) {
	if link.Status == session.Filled {
		r.SetInt(record.Filled, int64(link.Count))
	}
}
