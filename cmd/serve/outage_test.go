package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
)

// outageShow lasts 20 s, so that its middle is at 10 s.
var outageShow = actions(
	opens("a", "connected", 0), opens("b", "connecting", 0), said("zero", first), opens("b", "connected", 2), said("two", first+2),
	opens("c", "connected", 6), closes("b", 8), said("eight", first+8),
	said("ten", first+10), opens("d", "connected", 11), opens("a", "error", 12), said("fourteen", first+14),
	said("fifteen", first+15), closes("c", 16), said("twenty", first+20),
)

func opens(name, status string, second int) string {
	return fmt.Sprintf(`{"action":"connection_info","payload":{"connectionIdentifier":"1-twitch-%s","connectionUuid":%q,"eventSourceId":2,"status":%q},"timestamp":%d}`,
		name, name, status, first+second)
}

func closes(name string, second int) string {
	return fmt.Sprintf(`{"action":"connection_closed","payload":{"connectionUuid":%q,"reason":"removed"},"timestamp":%d}`, name, first+second)
}

// brief returns what a frame says and the seconds of its stamp: "+a connected 2",
// "-b 8", "two 2", "♥ 47".
func brief(t *testing.T, frame string) string {
	t.Helper()
	var a struct {
		Action  string
		Payload struct {
			ConnectionUUID, Status string
			EventPayload           struct{ Text string }
		}
		Timestamp int
	}
	if err := json.Unmarshal([]byte(frame), &a); err != nil {
		t.Fatal(err)
	}
	what := "♥"
	switch a.Action {
	case "connection_info":
		what = "+" + a.Payload.ConnectionUUID + " " + a.Payload.Status
	case "connection_closed":
		what = "-" + a.Payload.ConnectionUUID
	case "event":
		what = a.Payload.EventPayload.Text
	}
	return fmt.Sprintf("%s %d", what, a.Timestamp-first)
}

// follow dials, reads at most count frames, and returns what they say. At the end
// of the connection it adds "cut", or "closed" after a close frame.
func (r testServer) follow(t *testing.T, count int) (frames []string) {
	t.Helper()
	ws := r.dial(t)
	for len(frames) < count {
		_, frame, err := ws.Read(context.Background())
		switch {
		case websocket.CloseStatus(err) == websocket.StatusNormalClosure:
			return append(frames, "closed")
		case err != nil:
			return append(frames, "cut")
		}
		frames = append(frames, brief(t, string(frame)))
	}
	ws.CloseNow()
	return frames
}

// dialStatus makes a handshake with a token and returns the answer's status and
// Retry-After.
func (r testServer) dialStatus(t *testing.T, token string) (status int, retryAfter string) {
	t.Helper()
	ws, resp, err := websocket.Dial(context.Background(), r.url+"/ws?accessToken="+token, &websocket.DialOptions{HTTPClient: r.client})
	if err == nil {
		ws.CloseNow()
	}
	if resp == nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Retry-After")
}

var (
	firstHalf = []string{"+a connected 0", "+b connecting 0", "zero 0", "+b connected 2", "two 2", "+c connected 6", "-b 8", "eight 8", "cut"}
	afterFive = []string{"+a error 15", "+c connected 15", "+d connected 15", "fifteen 15", "-c 16", "twenty 20", "closed"}
)

// retryAfterLater is Retry-After at 12.75 s of the show: rounded up.
var retryAfterLater = map[float64]string{0.5: "5", 1: "3", 10: ""}

// TestOutage follows a show with an outage of 5 s at several speeds.
func TestOutage(t *testing.T) {
	for speed, retryAfter := range map[float64]string{0.5: "10", 1: "5", 10: ""} {
		t.Run(fmt.Sprint(speed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, end := onPipes(Options{Actions: outageShow, Speed: speed, Outage: 5 * time.Second, CloseAtEnd: true, Token: "secret"})
				defer end()
				if status, _ := r.dialStatus(t, "wrong"); status != http.StatusUnauthorized {
					t.Errorf("status %d", status)
				}
				time.Sleep(time.Hour) // no client has started the clock
				began := time.Now()
				at := func(second float64) { // of the show
					time.Sleep(time.Until(began.Add(time.Duration(second / speed * float64(time.Second)))))
				}
				if got := r.follow(t, 100); !slices.Equal(got, firstHalf) {
					t.Errorf("got %q", got)
				}
				if gone := time.Since(began).Seconds() * speed; gone != 10 {
					t.Errorf("cut after %v s of the show", gone)
				}
				for _, token := range []string{"secret", "wrong"} {
					if status, after := r.dialStatus(t, token); status != 503 || after != retryAfter {
						t.Errorf("status %d, Retry-After %q", status, after)
					}
				}
				at(12.75)
				if _, after := r.dialStatus(t, "secret"); after != retryAfterLater[speed] {
					t.Errorf("Retry-After %q", after)
				}
				at(14.99)
				if status, after := r.dialStatus(t, "secret"); status != 503 || after != "" {
					t.Errorf("status %d, Retry-After %q", status, after)
				}
				at(15)
				if got := r.follow(t, 100); !slices.Equal(got, afterFive) {
					t.Errorf("got %q", got)
				}
				at(21)
				if got := r.follow(t, 100); !slices.Equal(got, []string{"+a error 21", "+d connected 21", "closed"}) {
					t.Errorf("after the end: %q", got)
				}
			})
		})
	}
}

// TestOutageAtFullSpeed checks that no time passes and that the outage is skipped, so
// that always the same is missed. Real sockets deliver everything before the cut.
func TestOutageAtFullSpeed(t *testing.T) {
	for range 20 {
		r := onLoopback(t, Options{Actions: outageShow, Outage: 5 * time.Second, CloseAtEnd: true})
		if got := r.follow(t, 100); !slices.Equal(got, firstHalf) {
			t.Fatalf("got %q", got)
		}
		if got := r.follow(t, 100); !slices.Equal(got, afterFive) {
			t.Fatalf("got %q", got)
		}
	}
}

// TestClientsShareTheClock checks that later clients get what the first one gets at that
// time, and that all are cut at once.
func TestClientsShareTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, end := onPipes(Options{Actions: outageShow, Speed: 1, Outage: time.Minute})
		defer end()
		began := time.Now()
		got := make([]chan []string, 2)
		for i := range got {
			got[i] = make(chan []string, 1)
			go func() {
				time.Sleep(time.Duration(i) * 7 * time.Second)
				got[i] <- r.follow(t, 100)
			}()
		}
		deaf := r.dial(t) // never reads
		if all := <-got[0]; !slices.Equal(all, firstHalf) {
			t.Errorf("the first: %q", all)
		}
		if late := <-got[1]; !slices.Equal(late, []string{"+a connected 7", "+b connected 7", "+c connected 7", "-b 8", "eight 8", "cut"}) {
			t.Errorf("a later one: %q", late)
		}
		if gone := time.Since(began); gone != 10*time.Second {
			t.Errorf("cut after %v", gone)
		}
		r.playing.Wait()
		if gone := time.Since(began); gone > 10*time.Second+cutTime {
			t.Errorf("the one that does not read was cut after %v", gone)
		}
		deaf.CloseNow()
		time.Sleep(time.Until(began.Add(70 * time.Second))) // the outage is longer than the rest of the show
		if late := r.follow(t, 3); !slices.Equal(late, []string{"+a error 70", "+d connected 70", "♥ 115"}) {
			t.Errorf("after the outage: %q", late)
		}
	})
}

// TestOutagesInALoop checks that every round has an outage, unless the one before lasts
// longer.
func TestOutagesInALoop(t *testing.T) {
	for outage, cuts := range map[time.Duration][]int{ // seconds after the start
		5 * time.Second:  {10, 32, 54, 76},
		30 * time.Second: {10, 54, 98},
	} {
		synctest.Test(t, func(t *testing.T) {
			r, end := onPipes(Options{Actions: outageShow, Speed: 1, Outage: outage, Loop: true})
			defer end()
			began := time.Now()
			for _, cut := range cuts {
				frames := r.follow(t, 100)
				if gone := time.Since(began); gone != time.Duration(cut)*time.Second || frames[len(frames)-2] != fmt.Sprintf("eight %d", cut-2) {
					t.Errorf("outage of %v: %q at %v, want a cut at %d s", outage, frames, gone, cut)
				}
				time.Sleep(outage)
			}
		})
	}
}

// TestOutageOfAnUnstampedShow checks that everything is sent before the outage.
func TestOutageOfAnUnstampedShow(t *testing.T) {
	for _, speed := range []float64{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			r, end := onPipes(Options{Actions: actions(`{"action":"x"}`, `{"action":"y"}`), Speed: speed, Outage: time.Second, CloseAtEnd: true})
			defer end()
			for _, want := range []int{2, 0} {
				if frames, _ := readAll(t, r.dial(t)); len(frames) != want {
					t.Errorf("speed %v: got %q", speed, frames)
				}
				time.Sleep(time.Second)
			}
		})
	}
}

// TestConnectionSetOfAJoinedRecording checks that the connections of an earlier run do
// not belong to the set.
func TestConnectionSetOfAJoinedRecording(t *testing.T) {
	recorded := strings.Join([]string{
		`{"restail":"link","time":"2026-11-28T19:30:00Z","status":"connected"}`, opens("a", "connected", 0), opens("b", "connected", 0),
		`{"restail":"link","time":"2026-11-28T19:30:00Z","status":"connected","gap_seconds":3}`, opens("b", "connected", 4), said("four", first+4),
		`{"restail":"link","time":"2026-11-28T19:30:00Z","status":"restored","same":true}`, said("six", first+6),
		said("eight", first+8), said("twenty", first+20),
	}, "\n")
	show, _, err := Recording(strings.NewReader(recorded), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	r := onLoopback(t, Options{Actions: show, Outage: time.Second, CloseAtEnd: true})
	r.follow(t, 100)
	if got := r.follow(t, 100); !slices.Equal(got, []string{"+b connected 13", "twenty 20", "closed"}) {
		t.Errorf("got %q", got)
	}
}
