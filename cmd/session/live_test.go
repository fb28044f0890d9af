package session

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{}, func(p *peer) {
			if p.accept() {
				time.Sleep(5 * time.Second)
				p.send("12345", "12345", "12345")
				<-p.gone
			}
		})
		start := time.Now()
		if s := live.Stats(); s != (Stats{}) {
			t.Errorf("before anything: %+v", s)
		}
		follow(t.Context(), live, func(l *log, item Item) bool {
			if item.Link != nil {
				time.Sleep(10 * time.Second)
				// Until the next item is asked for, this one counts too.
				if s := live.Stats(); s.Frames != 4 || s.Heard != start.Add(5*time.Second) {
					t.Errorf("with three frames waiting: %+v", s)
				}
				if bytes, full := live.queue.backlog(); bytes != 15+4*perFrame || full {
					t.Errorf("with three frames waiting: %d bytes, full: %t", bytes, full)
				}
			}
			return len(l.lines) < 4
		})
		if bytes, _ := live.queue.backlog(); bytes != 0 || live.Stats().Frames != 0 {
			t.Errorf("after the last: %d bytes, %+v", bytes, live.Stats())
		}
	})
}

func TestLiveOptions(t *testing.T) {
	t.Parallel()
	if _, err := NewLive(LiveOptions{URL: "ws://chat.example/ws", Tokens: fixed("t")}); err == nil {
		t.Error("an unencrypted link to another machine is accepted")
	}
	if _, err := NewLive(LiveOptions{URL: "ws://localhost/ws"}); err == nil {
		t.Error("no Tokens are accepted")
	}
	var _ Source = (*Live)(nil)
	var _ Source = (*Replay)(nil)
}
