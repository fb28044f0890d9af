package recording

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestFullBacklogOfOwnLines fills a backlog with messages of the chat history.
func TestFullBacklogOfOwnLines(t *testing.T) {
	b := backlog{limit: 1 << 20}
	line := []byte(`{"restail":"history","broadcast_id":"b","message":{"text":"` + strings.Repeat("x", 1000) + `"}}` + "\n")
	for range 10 * b.limit / len(line) {
		b.addOwn(time.Now(), line)
	}
	b.addOwn(time.Now(), []byte(restored+"\n"))
	if b.bytes > b.limit {
		t.Errorf("%d bytes wait, the limit is %d", b.bytes, b.limit)
	}
	chunks, _, _ := b.take()
	if last := chunks[len(chunks)-1]; !last.missing || string(last.text) != restored+"\n" {
		t.Errorf("the last chunk is missing: %v, with the text %.100q", last.missing, last.text)
	}
}

// TestBacklogReusesItsMemory fills and empties a backlog: what one round needs is
// enough for all.
func TestBacklogReusesItsMemory(t *testing.T) {
	b := backlog{limit: 16 << 20}
	frame := strings.Repeat("x", 1000)
	var frames []string
	for range 135 { // a little more than a chunk, as full batches are
		frames = append(frames, frame)
	}
	data, ends, changes := batch(frames...)
	at := time.Now()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10 {
		for range b.limit / 2 / len(data) {
			b.addFrames(at, data, ends, changes)
		}
		chunks, _, _ := b.take()
		for _, c := range chunks {
			if c.missing {
				t.Fatal("something is missing")
			}
			b.release(c)
		}
		b.take() // nothing waits for a moment
	}
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > uint64(b.limit) {
		t.Errorf("%d bytes were allocated for at most %d", allocated, b.limit/2)
	}
	b.slowAt = b.slowAt.Add(-keepChunks)
	if b.take(); len(b.free) > freeChunks {
		t.Errorf("%d chunks are kept", len(b.free))
	}
}
