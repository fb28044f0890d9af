package filter

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/restail/restail/decode/record"
)

// countdown is a context that is cancelled after left calls of Err, whatever
// the time.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestInterrupt(t *testing.T) {
	programs := []string{
		`def f: f; f`,
		`def f: def g: f; g; f`,
		`range(infinite) | empty`,
		`repeat(1)`,
		`[limit(infinite; repeat(1))]`,
		`last(range(infinite))`,
		`until(false; .)`,
		`def f: 1 + f; f`,
		`def f(g): f(g | g); f(.)`,
		`try repeat(error("x")) catch repeat(.)`,
		`. as $x | [recurse(if . then . else . end)]`,
		`label $out | foreach repeat(1) as $i (0; . + 1; empty)`,
		`reduce range(infinite) as $i (null; [$i])`,
		`path(repeat(.))`,
		`any(repeat(false); .)`,
	}
	for _, program := range programs {
		p := compile(t, program, Options{})
		for range 2 {
			ctx := &countdown{context.Background(), 100}
			err := p.Run(ctx, typical("twitch"), oneFrame, func(Output) error { return nil })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: ended with %v", program, err)
			}
		}
	}
}

// TestCancelledBeforeRun checks that nothing runs when the context is done already.
func TestCancelledBeforeRun(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("enough"))
	for _, program := range []string{`.`, `.author`} {
		p := compile(t, program, Options{})
		err := p.Run(ctx, typical("twitch"), nil, func(Output) error {
			t.Errorf("%s: an output after the end", program)
			return nil
		})
		if err != context.Canceled {
			t.Errorf("%s: ended with %v", program, err)
		}
	}
}

// TestMemory stops programs that would take all memory, then runs the next
// record.
func TestMemory(t *testing.T) {
	programs := []string{
		`def f: 1 + f; if .platform == "x" then f else .author end`,
		`if .platform == "x" then [range(infinite)] else .author end`,
	}
	for _, program := range programs {
		p := compile(t, program, Options{})
		p.guard.limit = 4 << 20
		for range 2 {
			before := heapSize()
			err := p.Run(context.Background(), typical("x"), nil, func(o Output) error {
				t.Errorf("%s: an output %v", program, o)
				return nil
			})
			if after := heapSize(); after > before+p.guard.limit/2 {
				t.Errorf("%s: the heap grew from %d to %d bytes", program, before, after)
			}
			if failed := (*Error)(nil); !errors.As(err, &failed) {
				t.Errorf("%s: ended with %v", program, err)
			}
			if got := outputs(t, p, typical("twitch"), nil); len(got) != 1 || got[0] != `"Some Viewer"` {
				t.Errorf("%s: the next record gave %q", program, got)
			}
		}
	}
}

// TestMemoryPeak measures the heap while a program runs that never ends.
func TestMemoryPeak(t *testing.T) {
	const most = 150 << 20
	for _, program := range []string{`[range(infinite)]`, `[1] | until(false; . + .)`, `"x" | until(false; . + .)`, `def f: 1 + f; f`} {
		p := compile(t, program, Options{})
		runtime.GC()
		ended, peak := make(chan bool), make(chan uint64)
		go func() {
			highest := uint64(0)
			for {
				select {
				case <-ended:
					peak <- highest
					return
				case <-time.After(time.Millisecond):
					highest = max(highest, heapSize())
				}
			}
		}()
		if got := outputs(t, p, typical("x"), nil); len(got) != 1 || got[0] != "error: "+errMemory.Message {
			t.Errorf("%s: got %.200q", program, got)
		}
		close(ended)
		if highest := <-peak; highest > most {
			t.Errorf("%s: the heap had %d MiB", program, highest>>20)
		}
	}
}

// TestDoubling stops programs that double something in every step.
func TestDoubling(t *testing.T) {
	for program, want := range map[string]string{
		`"x" | until(false; . + .)`:                   "the program takes too much memory for one record: it may never end",
		`[1] | until(false; . + .)`:                   "the program takes too much memory for one record: it may never end",
		`last(limit(100; 1 | recurse([., .])))`:       "an output is larger than 64 MiB or deeper than 10,000 levels",
		`last(limit(100; 1 | recurse({a: ., b: .})))`: "an output is larger than 64 MiB or deeper than 10,000 levels",
		`last(limit(20000; 1 | recurse([.])))`:        "an output is larger than 64 MiB or deeper than 10,000 levels",
		`("x" * 1000000) as $x | [range(70) | $x]`:    "an output is larger than 64 MiB or deeper than 10,000 levels",
	} {
		p := compile(t, program, Options{})
		p.guard.limit = 8 << 20
		if got := outputs(t, p, typical("x"), nil); len(got) == 0 || got[len(got)-1] != "error: "+want {
			t.Errorf("%s: got %.200q", program, got)
		}
	}
}

// TestLargeProduct refuses products that would take the memory at once.
func TestLargeProduct(t *testing.T) {
	const refused = "error: the result of a multiplication is larger than 1 MiB"
	stopped := "error: " + errMemory.Message
	for program, want := range map[string]string{
		`"x" * 2000000000`:                             refused,
		`2000000000 * "x"`:                             refused,
		`.text * 1e300 | length`:                       refused,
		`.text *= 2000000000`:                          refused,
		`"x" | until(false; . * 1000)`:                 refused,
		`2 | until(false; . * .)`:                      refused,
		`("x" * 1048576) | utf8bytelength`:             "1048576",
		`"x" * 1000000 | [limit(90; repeat(.))] | add`: stopped,
		`[("x", "y") * range(1000000; 1000040)]`:       stopped,
	} {
		p := compile(t, program, Options{})
		runtime.GC() // the garbage of other tests would count
		if got := outputs(t, p, typical("x"), nil); len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %.200q", program, got)
		}
	}
}

const tooLargeIndex = "error: an array index is larger than 1,000,000"

// TestLargeIndex refuses indexes that would make a large array at once.
func TestLargeIndex(t *testing.T) {
	for program, want := range map[string]string{
		`null | .[1e8] = 1`:            tooLargeIndex,
		`null | .[99999999] |= 1`:      tooLargeIndex,
		`null | .[1000 * 10000] = 1`:   tooLargeIndex,
		`null | setpath([1e8]; 1)`:     tooLargeIndex,
		`null | getpath([0, 1e8]) = 1`: tooLargeIndex,
		`[] | pick(.[1e8])`:            tooLargeIndex,
		`null | .[1e6] = 1 | length`:   "1000001",
		`null | .[99999] = 1 | length`: "100000",
		`null | setpath([2]; 1)`:       "[null,null,1]",
		`"a" as $a | {a: 5} | .[$a]`:   "5",
		`{a: [7]} | getpath(["a", 0])`: "7",
		`[[[1]] | path(.[0 + 0][0])]`:  "[[0,0]]",
	} {
		p := compile(t, program, Options{})
		if got := outputs(t, p, typical("x"), nil); len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %.200q", program, got)
		}
	}
}

// TestLargeProductGrows doubles a string in so few steps that only a guard
// that checks each of them sees it.
func TestLargeProductGrows(t *testing.T) {
	p := compile(t, `"x" * 1000000 | . + . | . + . | . + . | . + . | . + . | . + . | length`, Options{})
	runtime.GC() // the garbage of other tests would count
	got := outputs(t, p, typical("x"), nil)
	if want := "error: " + errMemory.Message; len(got) != 1 || got[0] != want {
		t.Errorf("got %.200q, want %q", got, want)
	}
}

// TestMemoryOfManyRecords checks that the memory does not grow with the records of a
// run.
func TestMemoryOfManyRecords(t *testing.T) {
	program := `select(.text | test("show")) | {channel, text} | .[], (label $f | ., break $f)`
	p := compile(t, program, Options{})
	r := typical("twitch")
	live := func() uint64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	run := func(n int) {
		for i := range n {
			r.SetString(record.Text, "show "+strconv.Itoa(i))
			r.SetString(record.Channel, strconv.Itoa(i))
			if err := p.Run(context.Background(), r, oneFrame, func(Output) error { return nil }); err != nil {
				t.Fatal(err)
			}
			r.Reset()
		}
	}
	run(2 * maxCached)
	before := live()
	run(20_000)
	if after := live(); after > before+100_000 {
		t.Errorf("%d bytes at first, %d later", before, after)
	}
	runtime.KeepAlive(p)
}

// TestCachedPatterns makes a regular expression of every record.
func TestCachedPatterns(t *testing.T) {
	p := compile(t, `.author as $a | .text | test("^\($a)$")`, Options{})
	r := typical("twitch")
	first := p.code
	for i := range 3 * maxCachedRuns {
		name := []byte{'a' + byte(i%26), 'a' + byte(i/26%26), 'a' + byte(i/26/26%26)}
		r.SetString(record.Author, string(name))
		if p.records > maxCachedRuns {
			t.Fatalf("record %d: the code has seen %d", i, p.records)
		}
		outputs(t, p, r, nil)
	}
	if p.code == first {
		t.Error("the code was never compiled again")
	}
	for program, want := range map[string]bool{
		`test("a")`: false, `.text | gsub("a"; .author)`: false, `split(", ")`: false, `sub("(?<x>a)"; "\(.x)")`: false,
		`test(.author)`: true, `match(.author)`: true, `capture(.author)`: true, `scan(.author)`: true, `split(.author; null)`: true,
		`splits(.author)`: true, `sub(.author; "")`: true, `gsub(.author; "")`: true,
		`"a" as $x | .text | scan($x; "g")`: true, `split("\(.a)"; null)`: true,
	} {
		if got := compile(t, program, Options{}).growsCache; got != want {
			t.Errorf("%s: growsCache is %v", program, got)
		}
	}
}
