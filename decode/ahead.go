package decode

import (
	"sync/atomic"

	"golang.org/x/sys/cpu"
)

const (
	// AheadFrames is how many frames are read ahead at most.
	AheadFrames = 384
	// aheadBytes is the size of the largest frame that is read ahead: what it
	// needs is kept, for so many frames.
	aheadBytes = 2 << 10
)

// Ahead reads frames before the [Decoder] does: another goroutine can do so when
// the Decoder does not keep up, which is then spared the half of its work that
// needs nothing but the frame.
//
// What one of the two goroutines writes for every frame lies in cache lines of
// its own: else each of them would have to be fetched from the other's processor.
type Ahead struct {
	wire wire
	read uint64 // how many were read
	free uint64 // up to how many can be, as far as Read knows

	_      cpu.CacheLinePad
	used   atomic.Uint64 // how many of these the Decoder is done with
	_      cpu.CacheLinePad
	frames [AheadFrames]*frame // nil until there is need for so many
}

// Ahead returns what reads ahead for this Decoder.
func (d *Decoder) Ahead() *Ahead {
	if d.ahead == nil {
		d.ahead = &Ahead{}
	}
	return d.ahead
}

// Read reads a frame and returns a ticket, with which [Decoder.Read] finds what
// was read. It is 0, for none, when there is no room, the frame is large, or it
// is not JSON. The frame must not change until the Decoder has read it. Read is
// for one goroutine at a time, and the order of its frames is that of Decoder.Read.
func (a *Ahead) Read(data []byte) (ticket uint64) {
	if len(data) > aheadBytes || !a.hasRoom() {
		return 0
	}
	f := a.frames[a.read%AheadFrames]
	if f == nil {
		f = &frame{}
		a.frames[a.read%AheadFrames] = f
	}
	if a.wire.read(f, data, false) != nil {
		return 0
	}
	a.read++
	return a.read
}

func (a *Ahead) hasRoom() bool {
	if a.read == a.free {
		a.free = a.used.Load() + AheadFrames
	}
	return a.read < a.free
}

// take returns what was read under the ticket. All before that is done with.
func (a *Ahead) take(ticket uint64) *frame {
	a.used.Store(ticket - 1)
	return a.frames[(ticket-1)%AheadFrames]
}
