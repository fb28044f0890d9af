package cmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/restail/restail/cmd/serve"
)

// A recording that is decoded by two goroutines, since reading it is so much
// faster, becomes what its pieces become that are too small for that.
func TestReadingAheadChangesNoLine(t *testing.T) {
	var frames [][]byte
	for range 20 {
		for _, action := range serve.Show() {
			frames = append(frames, action.Frame)
		}
	}
	// What the connection map adds depends on what came before.
	args := []string{"replay", "-q", "-a", "all", "--fields", "time,action,type,author,text,emotes,badges,event_id,reply_id,reason_text"}
	replay := func(frames [][]byte) string {
		var stdout, stderr bytes.Buffer
		recording := strings.NewReader(string(bytes.Join(frames, []byte("\n"))))
		status := Run(t.Context(), args, Env{Stdin: recording, Stdout: &stdout, Stderr: &stderr})
		if status != 0 || stderr.Len() > 0 {
			t.Fatalf("status %d: %s", status, &stderr)
		}
		return stdout.String()
	}
	whole := replay(frames)
	pieces := 0
	for len(frames) > 0 {
		n := min(100, len(frames))
		piece := replay(frames[:n])
		if !strings.HasPrefix(whole, piece) {
			t.Fatalf("piece %d is\n%.1000s\nand in the whole\n%.1000s", pieces, piece, whole)
		}
		frames, whole, pieces = frames[n:], whole[len(piece):], pieces+1
	}
	if whole != "" {
		t.Errorf("the whole goes on: %.1000s", whole)
	}
}
