package edge

import (
	"errors"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	_ "time/tzdata" // a host without a time zone database still has zones
)

var (
	zones     sync.Map // name -> *time.Location; holds only names that exist
	zoneCount atomic.Int32
)

// maxZones is above the number of zones there are, and bounds what is kept
// where a file system takes more than one spelling of a name.
const maxZones = 1000

// LoadZone returns the zone of an IANA name, such as Asia/Karachi. "Local", the empty name and
// anything that is no plain name are refused: the answer must not depend on
// the machine, and the name comes from outside.
func LoadZone(name string) (*time.Location, error) {
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	if name == "" || name == "Local" || len(name) > 64 || strings.ContainsAny(name, "\\.\x00") ||
		path.Clean(name) != name || strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/") {
		return nil, errors.New("not the name of a time zone")
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	if zoneCount.Load() < maxZones {
		if _, known := zones.LoadOrStore(name, zone); !known {
			zoneCount.Add(1)
		}
	}
	return zone, nil
}

// DefaultZone is the zone of callers who name none: TZ, else UTC.
func DefaultZone(getenv func(string) string) *time.Location {
	if zone, err := LoadZone(strings.TrimPrefix(getenv("TZ"), ":")); err == nil {
		return zone
	}
	return time.UTC
}
