//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// How a run of restail may end, in the words of os/exec.
const (
	terminated = "exit status 143"
	killed     = "signal: killed"
	loggedOut  = "exit status 3"
)

// stateAge is how old the state of a killed restail may be. restail writes it once a
// second, and only up to an action that the recording has on the disk.
const stateAge = 2 * time.Second

// A run is one process of restail. Each run has its own recording, and takes over the state
// and the login of the run before.
type run struct {
	recording string        // the name of its file
	ending    string        // how it must end; empty while it must not
	full      bool          // the disk was full
	revoked   time.Duration // when its token was last made invalid; 0 for never
}

// beginRun begins a run.
func (s *service) beginRun(recording string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs++
	s.run = run{recording: recording}
	s.accepted, s.redialling, s.redialledAt = false, false, 0
	if s.refresh == "" {
		s.issue()
	}
}

// settle waits until all gaps are filled and everything has arrived, and reports whether
// restail stays.
func (c *conn) settle() bool {
	for *backfill && min(c.sinceAsked(), c.now()-c.Granted) < fillTime {
		if c.beat(time.Second) {
			return false
		}
	}
	return c.sync()
}

// signal ends the run with a signal, and notes how it must end.
func (c *conn) signal(signal syscall.Signal, ending string) {
	c.ending = ending
	c.client.process.Process.Signal(signal)
	select {
	case <-c.eof:
	case <-time.After(5 * time.Second):
		c.problem(untimely, "restail is still there 5s after %v", signal)
	}
}

// terminate ends the run while some actions are under way.
func terminate(c *conn) {
	if !c.settle() {
		c.leftByItself()
		return
	}
	c.burst(5)
	c.client.limit(unix.RLIM_INFINITY)
	c.signal(syscall.SIGTERM, terminated)
	c.leftHole()
}

// leftHole is called when a run ends. If the disk was full, the gap after the run may begin
// at any time before: the state does not go beyond an action that is missing on the disk.
func (s *service) leftHole() {
	if s.full && len(s.links) > 0 {
		s.links[len(s.links)-1].From = 0
	}
}

// canKill reports whether the run can be killed now. Its state must have been written, and
// its recording must not lack actions because the disk was full.
func (s *service) canKill() bool {
	return s.restarts && !s.full && len(s.links) > 0 && s.now()-s.links[0].Granted > 2*stateAge
}

// kill ends the run with SIGKILL. The next gap must contain all that restail did not write.
// With --backfill kill waits until the earlier gaps are filled, since the next run would
// not fill them. In half of the cases the link stays up until the state must be up to
// date; then the gap must be short, too.
func kill(c *conn) {
	if *backfill && !c.settle() {
		c.leftByItself()
		return
	}
	from := time.Duration(0)
	if c.IntN(2) == 0 {
		from = c.From
		if c.beat(stateAge) {
			c.leftByItself()
			return
		}
		c.burst(20)
	}
	c.From, c.Killed = from, c.now()
	c.signal(syscall.SIGKILL, killed)
}

// fillDisk limits the size of files, so that the recording can grow by a few bytes only.
// A later handshake takes the limit away.
func fillDisk(c *conn) {
	info, err := os.Stat(c.recording)
	if err != nil {
		c.problem(other, "there is no recording: %v", err)
		return
	}
	c.full = true
	c.client.limit(uint64(info.Size() + c.Int64N(2000)))
	c.burst(30)
	if c.beat(heartbeatTimeout) {
		c.leftByItself()
		return
	}
	c.burst(5)
	c.end()
}

// A login has the tokens of one restail.
type login struct {
	access, refresh string // the valid ones; empty for none
	count           int    // how many pairs were issued
	outage          int    // how many more refreshes to answer with 503
}

// issue issues a new pair and makes the old one invalid.
func (l *login) issue() {
	l.count++
	l.access, l.refresh = fmt.Sprintf("an-access-token-%d", l.count), fmt.Sprintf("a-refresh-token-%d", l.count)
}

// save stores the login as restail login does.
func (l *login) save(folder string) error {
	text, err := json.Marshal(map[string]any{
		"serial": l.count, "api_url": "http://127.0.0.1", "client_id": "soak", "client_secret": "a-secret-of-the-soak",
		"access_token": l.access, "refresh_token": l.refresh, "expires_at": time.Now().Add(24 * time.Hour),
	})
	if err != nil {
		return err
	}
	folder = filepath.Join(folder, "restail")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "token.json"), text, 0o600)
}

// canRevoke reports whether restail would refresh its token after a 401. It does not refresh
// a new token again before the service has accepted it.
func (s *service) canRevoke() bool { return s.revoked == 0 || s.accepted }

// revoke refuses all handshakes until the token is refreshed.
func revoke(s *service, w http.ResponseWriter) {
	s.access, s.outage = "", s.IntN(3)
	s.revoked = s.now()
	refuse(http.StatusUnauthorized)(s, w)
}

// logOut refuses all handshakes and refreshes: the user must log in again.
func logOut(s *service, w http.ResponseWriter) {
	s.access, s.refresh, s.outage = "", "", 0
	s.client.limit(unix.RLIM_INFINITY)
	s.ending = loggedOut
	s.leftHole()
	refuse(http.StatusUnauthorized)(s, w)
}

// token is the token endpoint.
func (s *service) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.outage > 0:
		s.outage--
		w.Header().Set("Retry-After", "0")
		http.Error(w, `{"error":"server_error"}`, http.StatusServiceUnavailable)
	case s.refresh == "" || r.FormValue("refresh_token") != s.refresh:
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
	default:
		s.issue()
		json.NewEncoder(w).Encode(map[string]any{"access_token": s.access, "refresh_token": s.refresh, "expires_in": 3600})
	}
}
