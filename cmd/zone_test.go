//go:build unix

package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// zoneOf returns the time zone that a command line would show times in.
func zoneOf(t *testing.T, environ []string, args ...string) (*time.Location, error) {
	t.Helper()
	g := newGrammar(everyCommand)
	line, err := newCommandLine(g, Env{Environ: environ}, new(configuration))
	if err != nil {
		t.Fatal(err)
	}
	_, err = line.parse(args)
	return g.Tail.Time.location, err
}

// TestTimeZone takes the time zone from the Env, and from nowhere where no
// local time is shown.
func TestTimeZone(t *testing.T) {
	t.Setenv("TZ", "Pacific/Auckland") // the process's, which is not asked
	t.Setenv("ZONEINFO", filepath.Join(t.TempDir(), "none"))
	for _, test := range []struct {
		tz   string
		want string // an hour of 2026-01-01 12:00 UTC
	}{
		{"Europe/Berlin", "13 CET"}, {":Asia/Tokyo", "21 JST"}, {"UTC", "12 UTC"}, {"", "12 UTC"}, {"EST5EDT", "07 EST"},
	} {
		zone, err := zoneOf(t, []string{"TZ=Africa/Cairo", "TZ=" + test.tz}, "-o", "text")
		if err != nil {
			t.Errorf("TZ=%s: %v", test.tz, err)
			continue
		}
		if got := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).In(zone).Format("15 MST"); got != test.want {
			t.Errorf("TZ=%s: %s, want %s", test.tz, got, test.want)
		}
	}
	if zone, err := zoneOf(t, nil, "-o", "text"); zone != time.Local || err != nil {
		t.Errorf("without TZ: %v, %v", zone, err)
	}
	for _, args := range [][]string{{}, {"-o", "raw"}, {"-o", "text", "--time", "utc"}, {"-o", "text", "--time", "none"}} {
		if zone, err := zoneOf(t, []string{"TZ=nowhere"}, args...); zone != nil || err != nil {
			t.Errorf("%q: %v, %v", args, zone, err)
		}
	}
}

// TestTimeZoneFile reads a file that TZ names, and refuses anything else
// without waiting for it.
func TestTimeZoneFile(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A file of version 1 with one type: UTC+3:30, MOON.
	moon := "TZif" + strings.Repeat("\x00", 16) + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" +
		"\x00\x00\x00\x00" + "\x00\x00\x00\x01" + "\x00\x00\x00\x05" + "\x00\x00\x31\x38\x00\x00" + "MOON\x00"
	write("moon", []byte(moon))
	write("text", []byte("no time zone"))
	zone, err := zoneOf(t, []string{"TZ=" + filepath.Join(folder, "moon")}, "-o", "text")
	if err != nil {
		t.Fatal(err)
	}
	if got := time.Unix(0, 0).In(zone).Format("15:04 MST"); got != "03:30 MOON" {
		t.Errorf("in the zone of the file it is %s", got)
	}
	wrong := []string{"CET-1CEST", "UTC0", "nowhere", "Local", "../moon", folder, filepath.Join(folder, "text"), filepath.Join(folder, "none"), "/dev/zero"}
	if err := syscall.Mkfifo(filepath.Join(folder, "fifo"), 0o600); err == nil {
		wrong = append(wrong, filepath.Join(folder, "fifo"))
	}
	for _, tz := range wrong {
		_, err := zoneOf(t, []string{"TZ=" + tz}, "-o", "text")
		status, hint := 0, ""
		if err != nil {
			status, hint = exitStatus(err)
		}
		if status != statusUsage || !strings.Contains(err.Error(), tz) || !strings.Contains(hint, "Europe/Berlin") {
			t.Errorf("TZ=%s: status %d, %v, %s", tz, status, err, hint)
		}
	}
}
