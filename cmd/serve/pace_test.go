package serve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
)

// These tests run in virtual time: hours pass at once, and times are exact.

const first = 1740152273 // the stamp of a show's first action

func TestPace(t *testing.T) {
	show := []string{said("a", first), said("b", first+2), said("earlier", first+1), `"no stamp"`, said("c", first+300)}
	for _, c := range []struct {
		name string
		o    Options
		want []string // "seconds since the connection: frame"
	}{
		{"as recorded", Options{Speed: 1}, []string{
			"0: a", "2: b", "2: earlier", "2: no stamp", // a recorded pause of 298 s is not silent
			"47: ♥ 47", "92: ♥ 92", "137: ♥ 137", "182: ♥ 182", "227: ♥ 227", "272: ♥ 272", "300: c",
			"345: ♥ 345", "390: ♥ 390",
		}},
		{"ten times as fast", Options{Speed: 10}, []string{
			"0: a", "0.2: b", "0.2: earlier", "0.2: no stamp", "30: c", "75: ♥ 750", "120: ♥ 1200",
		}},
		{"at full speed", Options{Speed: 0}, []string{
			"0: a", "0: b", "0: earlier", "0: no stamp", "0: c", "45: ♥ 345", "90: ♥ 390",
		}},
		{"slowly, closed at the end", Options{Speed: 0.5, CloseAtEnd: true}, []string{
			"0: a", "4: b", "4: earlier", "4: no stamp", "49: ♥ 24", "94: ♥ 47", "139: ♥ 69", "184: ♥ 92", "229: ♥ 114",
			"274: ♥ 137", "319: ♥ 159", "364: ♥ 182", "409: ♥ 204", "454: ♥ 227", "499: ♥ 249", "544: ♥ 272", "589: ♥ 294", "600: c", "closed",
		}},
		{"in a loop", Options{Speed: 10, Loop: true}, []string{
			"0: a", "0.2: b", "0.2: earlier", "0.2: no stamp", "30: c",
			"30.2: a +302", "30.4: b +302", "30.4: earlier +302", "30.4: no stamp", "60.2: c +302",
			"60.4: a +604",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.o.Actions = actions(show...)
				r, end := onPipes(c.o)
				defer end()
				ws := r.dial(t)
				began := time.Now()
				var got []string
				for len(got) < len(c.want) {
					_, frame, err := ws.Read(context.Background())
					if websocket.CloseStatus(err) == websocket.StatusNormalClosure {
						got = append(got, "closed")
						break
					} else if err != nil {
						t.Fatal(err)
					}
					got = append(got, fmt.Sprintf("%v: %s", time.Since(began).Seconds(), name(t, show, string(frame))))
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("got  %q\nwant %q", got, c.want)
				}
				ws.CloseNow()
			})
		})
	}
}

// name returns the name of a frame of the show, and by how much its stamp has moved. A
// heartbeat is ♥ and its stamp.
func name(t *testing.T, show []string, frame string) string {
	t.Helper()
	names := []string{"a", "b", "earlier", "no stamp", "c"}
	for _, moved := range []int{0, 302, 604} {
		for i, original := range show {
			if s, ok := readStamp([]byte(original)); ok {
				original = said(names[i], int(s.seconds)+moved)
			}
			if frame == original && (moved == 0 || names[i] == "no stamp") {
				return names[i]
			} else if frame == original {
				return fmt.Sprintf("%s +%d", names[i], moved)
			}
		}
	}
	s, ok := readStamp([]byte(frame))
	if !ok || frame != beat(int(s.seconds)) {
		t.Fatalf("no frame of the show: %s", frame)
	}
	return fmt.Sprintf("♥ %d", int(s.seconds)-first)
}

// TestStampsCenturiesApart has stamps whose distance is more than a time.Duration holds.
func TestStampsCenturiesApart(t *testing.T) {
	show := []string{said("a", 946684800), strings.Replace(said("b", first), fmt.Sprint(first), "253402300799", 1), said("c", first)}
	synctest.Test(t, func(t *testing.T) {
		r, end := onPipes(Options{Actions: actions(show...)})
		defer end()
		ws := r.dial(t)
		for _, want := range show {
			if got := read(t, ws); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		ws.CloseNow()
	})
}

func TestEmptyShowHasHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, end := onPipes(Options{Actions: []Action{}, Loop: true, Speed: 1})
		defer end()
		ws := r.dial(t)
		for range 3 {
			time.Sleep(45 * time.Second)
			if got := read(t, ws); got != beat(int(time.Now().Unix())) {
				t.Errorf("got %s", got)
			}
		}
		ws.CloseNow()
	})
}

func TestClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, end := onPipes(Options{Actions: actions(said("a", first), said("b", first+3600)), Speed: 1})
		defer end()
		ws := r.dial(t)
		read(t, ws)
		began := time.Now()
		if err := ws.Close(websocket.StatusNormalClosure, ""); err != nil {
			t.Error(err)
		}
		r.playing.Wait()
		if gone := time.Since(began); gone > time.Second {
			t.Errorf("noticed after %v", gone)
		}
	})
}

func TestDeadClientIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, end := onPipes(Options{Actions: actions(said("a", first), said("b", first))})
		defer end()
		r.dial(t) // and never reads
		synctest.Wait()
		began := time.Now()
		r.playing.Wait()
		if gone := time.Since(began); gone != writeTimeout {
			t.Errorf("given up after %v", gone)
		}
	})
}

func TestShutdownCutsOff(t *testing.T) {
	for name, c := range map[string]struct {
		limit time.Duration
		after time.Duration
	}{
		"its own timeout": {time.Hour, closeTimeout},
		"the caller's":    {time.Second, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, end := onPipes(Options{Actions: actions(said("a", first))})
				defer end()
				r.dial(t) // and never reads
				synctest.Wait()
				began := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), c.limit)
				defer cancel()
				if err := r.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v", err)
				}
				if gone := time.Since(began); gone != c.after {
					t.Errorf("cut off after %v, want %v", gone, c.after)
				}
			})
		})
	}
}
