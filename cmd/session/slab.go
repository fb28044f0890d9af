package session

import "time"

const (
	// slabSize is the size of a slab in bytes: small enough that producer and
	// consumer meet in the processor's cache.
	slabSize = 64 << 10
	// minRoom is the least room in which it is worth while to begin a frame:
	// most are smaller.
	minRoom = 2 << 10
	// maxSpare is how many bytes of slabs are kept once the consumer has caught
	// up.
	maxSpare = 4 << 20
)

// A slab is a piece of memory with frames, or a single item that is none.
type slab struct {
	// The producer's own. The array under data does not change any more once a
	// frame of it was published.
	data  []byte
	spans []span

	// Published, under the queue's lock; but the tickets of shown are the scout's
	// while it is in the slab, from scouted on.
	item      *Item
	shown     []span
	shownData []byte
	arrivals  []arrival
	scouted   int   // how many of shown the scout has seen
	next      *slab // nil: this is the one that the producer fills
}

// An arrival is when the frames of a slab up to the nth were published; up to
// none, those before the slab.
type arrival struct {
	n  int
	at time.Time
}

func newSlab(size int) *slab {
	return &slab{data: make([]byte, 0, size), spans: make([]span, 0, size/512)}
}

// freeList has slabs for use again: in a steady state none is allocated.
type freeList struct {
	first *slab
	bytes int
}

// get returns an empty slab of at least n bytes.
func (f *freeList) get(n int) *slab {
	for link := &f.first; *link != nil; link = &(*link).next {
		if s := *link; cap(s.data) >= n {
			*link, s.next = s.next, nil
			f.bytes -= cap(s.data)
			return s
		}
	}
	return newSlab(max(n, slabSize))
}

// put takes back a slab that nobody uses any more.
func (f *freeList) put(s *slab) {
	if s.item != nil {
		return
	}
	f.bytes += cap(s.data)
	*s = slab{data: s.data[:0], spans: s.spans[:0], arrivals: s.arrivals[:0], next: f.first}
	f.first = s
}

// trim lets go of what a backlog needed.
func (f *freeList) trim() {
	for f.bytes > maxSpare {
		f.bytes -= cap(f.first.data)
		f.first = f.first.next
	}
}
