export interface Position { lon: number; lat: number }

/** Where this device is; null when it cannot or may not say within eight seconds. A visit never waits for satellites. */
export function whereAmI(source: Geolocation | undefined = navigator.geolocation): Promise<Position | null> {
  if (!source) return Promise.resolve(null)
  return new Promise((resolve) => {
    source.getCurrentPosition(
      ({ coords }) => resolve({ lon: round(coords.longitude), lat: round(coords.latitude) }),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: 8000, maximumAge: 30_000 },
    )
  })
}

function round(degrees: number): number {
  return Math.round(degrees * 1e6) / 1e6 // a tenth of a metre; more is noise
}
