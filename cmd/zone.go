package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	_ "time/tzdata" // for systems without zoneinfo
)

// maxZoneFile is the size of the largest time zone file that is read, in bytes.
const maxZoneFile = 1 << 20

// location returns the user's time zone: the one that TZ names, else the
// system's.
func (e Env) location() (*time.Location, error) {
	name, set := "", false
	for _, variable := range e.Environ {
		if value, ok := strings.CutPrefix(variable, "TZ="); ok {
			name, set = value, true
		}
	}
	if !set {
		return time.Local, nil
	}
	load := time.LoadLocation
	path := strings.TrimPrefix(name, ":")
	if strings.HasPrefix(path, "/") {
		load = zoneFile
	}
	location, err := load(path)
	if err != nil || path == "Local" {
		return nil, usageError(fmt.Errorf("cannot read the time zone TZ=%q", name), "write a name such as TZ=Europe/Berlin, or use --time=utc")
	}
	return location, nil
}

// zoneFile reads a time zone from a file.
func zoneFile(path string) (*time.Location, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxZoneFile))
	if err != nil {
		return nil, err
	}
	return time.LoadLocationFromTZData(path, data)
}
