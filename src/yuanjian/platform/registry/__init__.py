"""One file per enterprise (一企一档): regions, enterprises, outlets, loggers, points, facilities, limits."""
