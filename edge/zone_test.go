package edge

import "testing"

// What callers name is kept up to a bound, and works beyond it.
func TestZoneCacheIsBounded(t *testing.T) {
	const name = "Antarctica/Troll" // in no other test
	kept := zoneCount.Swap(maxZones)
	defer func() { zoneCount.Store(kept) }()
	for range 2 {
		if zone, err := LoadZone(name); err != nil || zone.String() != name {
			t.Fatalf("%s: %v, %v", name, zone, err)
		}
	}
	if _, ok := zones.Load(name); ok {
		t.Error("a zone was kept beyond the bound")
	}
	zoneCount.Store(maxZones - 1)
	for range 2 {
		if _, err := LoadZone(name); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := zones.Load(name); !ok || zoneCount.Load() != maxZones {
		t.Errorf("kept %v, %d zones are counted; want it kept and counted once", ok, zoneCount.Load())
	}
	zones.Delete(name)
}
