package session

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// scouted is a queue of numbered frames of 1,000 bytes, the first of which is 1,
// of which the scout's ticket is the number.
type scouted struct {
	*queue
	t       *testing.T
	frames  int // received
	taken   int
	tickets int // that came out

	mu     sync.Mutex
	read   []int       // by the scout
	before func(n int) // is called by the scout; nil for nothing
}

func newScouted(t *testing.T, reach int) *scouted {
	q := &scouted{queue: newQueue(64 << 20), t: t}
	q.scout.reach = reach
	q.scout.read = func(frame []byte) uint64 {
		n, err := strconv.Atoi(string(frame))
		if err != nil {
			t.Error(err)
		}
		if q.before != nil {
			q.before(n)
		}
		q.mu.Lock()
		defer q.mu.Unlock()
		q.read = append(q.read, n)
		return uint64(n)
	}
	return q
}

func (q *scouted) reads() []int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.read)
}

func (q *scouted) receive(n int) {
	for range n {
		q.frames++
		if err := q.queue.receive(strings.NewReader(fmt.Sprintf("%01000d", q.frames))); err != nil {
			q.t.Fatal(err)
		}
	}
	q.publish()
}

func (q *scouted) take(n int) {
	q.t.Helper()
	for range n {
		item, ok := q.queue.take()
		q.taken++
		if want := fmt.Sprintf("%01000d", q.taken); !ok || string(item.Frame) != want {
			q.t.Fatalf("frame %d is %s, %v", q.taken, item.Frame, ok)
		}
		switch item.Ticket {
		case 0:
		case uint64(q.taken):
			q.tickets++
		default:
			q.t.Fatalf("frame %d has the ticket of frame %d", q.taken, item.Ticket)
		}
	}
}

// perSlab is how many frames of 1,000 bytes a slab has.
const perSlab = (slabSize-minRoom)/1000 + 1

func TestNobodyScoutsForAConsumerThatKeepsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newScouted(t, 100)
		defer q.sendScout()()
		for range 1000 {
			q.receive(1)
			synctest.Wait()
			q.take(1)
		}
		if read := q.reads(); len(read) > 0 {
			t.Errorf("frames %d were scouted", read)
		}
	})
}

// The scout is so far ahead as it is to be, in frames that are published, and
// not in those that the consumer has.
func TestScout(t *testing.T) {
	const reach = 4 * perSlab
	synctest.Test(t, func(t *testing.T) {
		q := newScouted(t, reach)
		defer q.sendScout()()
		for range 2 { // then in slabs that are used again
			q.receive(20 * perSlab)
			for q.taken < q.frames {
				q.take(1)
				synctest.Wait()
				read := q.reads()
				if ahead := len(read) - q.tickets; ahead > reach+perSlab {
					t.Fatalf("%d frames are scouted when %d of them are taken", len(read), q.tickets)
				}
			}
		}
		read := q.reads()
		if !slices.IsSorted(read) || len(slices.Compact(read)) != len(read) {
			t.Errorf("scouted in the order %d", read)
		}
		// All but what is in the first slab and in the last one, each time.
		if q.tickets != len(read) || q.tickets < q.frames-2*3*perSlab {
			t.Errorf("%d tickets for %d frames, %d scouted", q.tickets, q.frames, len(read))
		}
	})
}

// A consumer that comes to the slab where the scout is has at once what was
// scouted, waits for what the scout is just at, and has the rest as it is.
func TestTheConsumerMeetsTheScout(t *testing.T) {
	const stuck = perSlab + scoutStep + 3 // in the second step of the second slab
	synctest.Test(t, func(t *testing.T) {
		q := newScouted(t, 100)
		busy := make(chan struct{})
		q.before = func(n int) {
			if n == stuck {
				<-busy
			}
		}
		defer q.sendScout()()
		q.receive(4 * perSlab)
		synctest.Wait()
		q.take(perSlab + scoutStep)
		if q.tickets != scoutStep {
			t.Errorf("%d tickets", q.tickets)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			q.take(perSlab - scoutStep)
		}()
		synctest.Wait()
		if q.taken > perSlab+scoutStep+1 {
			t.Errorf("frame %d was taken from the scout, which is at %d", q.taken, stuck)
		}
		close(busy)
		<-done
		if q.tickets != 2*scoutStep {
			t.Errorf("%d tickets of the slab, not of two steps", q.tickets)
		}
		q.take(q.frames - q.taken)
	})
}

// A scout that is recalled comes back when it is done with its slab, and leaves
// the rest.
func TestRecallOfTheScout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newScouted(t, 1000)
		busy := make(chan struct{})
		q.before = func(int) { <-busy }
		recall := q.sendScout()
		q.receive(4 * perSlab)
		synctest.Wait()
		go func() {
			for range perSlab {
				busy <- struct{}{}
			}
		}()
		recall()
		if read := len(q.reads()); read != perSlab {
			t.Errorf("%d frames were scouted", read)
		}
	})
}

// The slab that the producer fills is not the scout's, since its spans may move;
// and an item is no frame.
func TestWhatIsNotScouted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newScouted(t, 1000)
		defer q.sendScout()()
		q.receive(perSlab + 5)
		synctest.Wait()
		if read := q.reads(); len(read) > 0 {
			t.Errorf("frames %d were scouted in the slab that is being filled", read)
		}
		q.say(Item{Link: &Link{Status: Lost}})
		synctest.Wait()
		if read := q.reads(); len(read) != 5 {
			t.Errorf("frames %d were scouted, not those behind the first slab", read)
		}
		q.say(Item{Link: &Link{Status: Restored}})
		q.receive(perSlab + 5)
		synctest.Wait()
		if read := q.reads(); len(read) != 5+perSlab {
			t.Errorf("frames %d were scouted, not those before the items and the full slab behind them", read)
		}
		q.take(perSlab + 5)
		for range 2 {
			if item, ok := q.queue.take(); !ok || item.Link == nil {
				t.Errorf("%v is no news of the link", item)
			}
		}
		q.take(perSlab + 5)
	})
}

// A producer that is held back while the scout is at work leaves that to it.
func TestThereIsOneScout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newScouted(t, 1000)
		busy := make(chan struct{})
		inside := 0 // without a lock: the race detector looks on, too
		q.before = func(int) {
			if inside++; inside > 1 {
				t.Error("there are two scouts")
			}
			<-busy
			inside--
		}
		defer q.sendScout()()
		q.receive(2 * runAhead / 1000)
		synctest.Wait()
		stop, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			q.hold(stop)
		}()
		synctest.Wait()
		close(stop)
		<-done
		close(busy)
	})
}

// A Live has a scout before its producer is held back.
func TestALiveHasAScout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{}, func(p *peer) {
			var sent atomic.Int64
			numbered(p, &sent, runAhead/2000)
		})
		live.Ahead(func([]byte) uint64 { return 1 }, 1000)
		frames, tickets := 0, 0
		follow(t.Context(), live, func(_ *log, item Item) bool {
			if item.Link != nil {
				time.Sleep(time.Second) // all is received meanwhile
				return true
			}
			frames++
			tickets += int(item.Ticket)
			return item.More
		})
		if tickets < frames/2 {
			t.Errorf("%d frames of %d were scouted", tickets, frames)
		}
	})
}

// Nobody scouts where Ahead was called with nil, be the producer held back.
func TestNobodyIsTheScout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newScouted(t, 1000)
		q.scout.read = nil
		defer q.sendScout()()
		q.receive(2 * runAhead / 1000)
		q.hold(nil) // until the consumer counts as blocked
		q.take(q.frames)
	})
}

// A producer that is held back is the scout as long as there is something to
// scout, though the scout has no goroutine.
func TestAHeldProducerScouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newScouted(t, 2*perSlab+1)
		q.receive(2 * runAhead / 1000)
		stop := make(chan struct{})
		done := make(chan struct{})
		go func() {
			defer close(done)
			q.hold(stop)
		}()
		synctest.Wait()
		if read := q.reads(); len(read) != 2*perSlab {
			t.Errorf("frames %d were scouted, not those of the second slab and the third", read)
		}
		close(stop)
		<-done
		q.take(q.frames)
		if q.tickets != 2*perSlab {
			t.Errorf("%d tickets", q.tickets)
		}
	})
}
