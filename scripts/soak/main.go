// Command soak is a hostile chat service with a book: it serves numbered
// actions to one restail, breaks the link in every way it knows some thousand
// times, and afterwards compares what it knows to have been delivered with what
// restail wrote. scripts/soak.sh builds restail and runs it.
//
// An action counts as delivered when a ping behind it was answered, or a close
// frame: then restail has read it from a healthy link, and must write it once.
// Actions that were on their way when the link broke may be missing, but must
// not come twice, or out of order.
package main

import (
	"flag"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

func main() {
	restail := flag.String("restail", "restail", "the program under test")
	cuts := flag.Int("cuts", 3000, "how often the link is broken")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the random numbers")
	anyMemory := flag.Bool("any-memory", false, "let the memory grow")
	flag.Parse()
	fmt.Printf("seed %d\n", *seed)
	ok, err := soak(*restail, *cuts, *seed, *anyMemory)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
	}
	if !ok || err != nil {
		os.Exit(1)
	}
}

// soak runs the program to the end of the service's patience and judges it.
func soak(restail string, cuts int, seed uint64, anyMemory bool) (bool, error) {
	s := newService(cuts, seed)
	server := httptest.NewUnstartedServer(s)
	server.Config.ConnContext = connContext
	server.Start()
	defer server.Close()

	child := exec.Command(restail, "-a", "event,link", "--heartbeat-timeout=300ms", "--max-backoff=10ms",
		"--max-frame="+maxFrame, "--buffer=512KiB", "--status=json")
	child.Env = append(os.Environ(), "RESTREAM_ACCESS_TOKEN=a-token-of-the-soak",
		"RESTAIL_URL=ws"+strings.TrimPrefix(server.URL, "http")+"/ws")
	child.Stderr = &talk{}
	stdout, err := child.StdoutPipe()
	if err != nil {
		return false, err
	}
	start := time.Now()
	if err := child.Start(); err != nil {
		return false, err
	}
	memory := watch(child.Process.Pid)
	go func() {
		<-s.over
		time.Sleep(time.Second) // for the last lines
		child.Process.Signal(syscall.SIGTERM)
	}()
	b := read(stdout)
	io.Copy(io.Discard, stdout)
	err = child.Wait()
	fmt.Printf("%d connections in %v\n", s.connections, time.Since(start).Round(time.Second))
	return report(s, b, memory(), anyMemory, err), nil
}

// report prints what was found and tells whether all is well.
func report(s *service, b *book, m memory, anyMemory bool, err error) bool {
	delivered := s.delivered
	missing, doubled := 0, 0
	for n := range s.sent {
		switch times := b.times[n]; {
		case times == 0 && delivered[n]:
			missing++
		case times > 1:
			doubled += times - 1
		}
	}
	for _, kind := range kinds {
		fmt.Printf("%8d  %s\n", s.broken[kind], kind)
	}
	fmt.Printf("%8d  outages told, up %d times\n", b.lost, b.restored)
	fmt.Printf("memory: at most %d KiB in the first half, %d KiB in the second\n", m.first, m.second)
	fmt.Printf("sent %d, delivered on a healthy link %d, received %d, missing %d, doubled %d, out of order %d, strange lines %d\n",
		s.sent, len(delivered), b.received, missing, doubled, b.disorder, b.strange)

	status := "exit status 143" // SIGTERM
	flat := anyMemory || m.second <= m.first*5/4
	up := b.restored - b.lost // the last time it was up, and the first one unless that dial failed
	ok := missing == 0 && doubled == 0 && b.disorder == 0 && b.strange == 0 && (up == 0 || up == 1) &&
		flat && err != nil && err.Error() == status && len(delivered) > 0
	switch {
	case err == nil || err.Error() != status:
		fmt.Printf("it ended with %v instead of %s\n", err, status)
	case up != 0 && up != 1:
		fmt.Println("not every outage was told once, and its end once")
	case !flat:
		fmt.Println("the memory grows")
	}
	return ok
}

// talk takes restail's stderr and shows nothing of it but errors.
type talk struct{}

func (talk) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		if strings.Contains(line, `"kind":"error"`) || strings.Contains(line, "panic") || strings.Contains(line, "DATA RACE") {
			fmt.Print("restail said: ", line)
		}
	}
	return len(p), nil
}
