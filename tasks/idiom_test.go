package tasks

import (
	"slices"
	"strings"
	"testing"
)

// Near idioms are no synonyms, and each idiom and its sentences have one blank.
func TestIdiomList(t *testing.T) {
	synonyms := [][2]string{{"井底之蛙", "坐井观天"}, {"滴水穿石", "持之以恒"}, {"愚公移山", "持之以恒"}}
	for _, use := range idiomUses {
		for _, s := range use.sentences {
			if strings.Count(s, "{_}") != 1 {
				t.Errorf("%s: %q has not one blank", use.idiom, s)
			}
		}
		for _, pair := range synonyms {
			for i, s := range pair {
				if use.idiom == s && slices.Contains(use.near, pair[1-i]) {
					t.Errorf("%s: %s fits its sentences, too", use.idiom, pair[1-i])
				}
			}
		}
	}
}

// A passage has four different sentences to choose from, however often the novel repeats itself.
func TestMemoryChoicesDiffer(t *testing.T) {
	sentences := []string{"山高路远", "山高路远", "山高路远", "山高路远", "水深浪急", "水深浪急", "风大雨大", "天冷地冻"}
	usable := []int{0, 1, 2, 3, 4, 5, 6, 7}
	for seed := range uint64(20) {
		got := memoryChoices(newRandom(seed, "memory"), sentences, usable, 0, 1)
		slices.Sort(got)
		if len(slices.Compact(got)) != 4 {
			t.Fatalf("seed %d: %q", seed, got)
		}
	}
}
