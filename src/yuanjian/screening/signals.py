"""Process parameters models may ask for: what a series beside the monitored factors means (its role).

The register links a role to a series of an outlet: a furnace temperature of the control system, the flow of
a slurry pump, the concentration before the treatment. Codes of HJ 212 differ by vendor and province; roles
do not. Names after HJ 212-2025 table of process parameters and the permits' 工况参数 [C].
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """What a series tells, with its unit; ``per_factor`` if the factor of the series says the rest."""

    zh: str
    en: str
    unit: str
    per_factor: bool = False


ROLES: dict[str, Role] = {
    "inlet": Role("治理设施进口浓度", "concentration before treatment", "", per_factor=True),
    "inlet_flow": Role("治理设施进口流量", "flow before treatment", "m3/h"),
    "furnace_temperature": Role("炉膛温度", "furnace temperature", "℃"),
    "feed": Role("投料量", "feed", "t/h"),
    "oxidiser_temperature": Role("燃烧室温度（RTO/RCO）", "oxidiser chamber temperature", "℃"),
    "slurry_ph": Role("脱硫浆液 pH", "slurry pH", ""),
    "slurry_flow": Role("脱硫浆液循环量", "slurry flow", "m3/h"),
    "ammonia_flow": Role("喷氨量", "ammonia flow", "kg/h"),
    "ammonia_slip": Role("氨逃逸", "ammonia slip", "mg/m3"),
    "scr_temperature": Role("SCR 进口烟温", "SCR inlet temperature", "℃"),
    "pressure_drop": Role("除尘器（吸附床）压差", "pressure drop of filter or bed", "Pa"),
    "cleaning_pulse": Role("清灰喷吹次数", "cleaning pulses", "1/h"),
    "desorption_temperature": Role("脱附温度", "desorption temperature", "℃"),
    "bypass_valve": Role("旁路阀开度", "by-pass valve position", "%"),
    "bypass_temperature": Role("旁路烟温", "by-pass temperature", "℃"),
    "ambient_temperature": Role("环境温度", "ambient temperature", "℃"),
    "dissolved_oxygen": Role("曝气池溶解氧", "dissolved oxygen", "mg/L"),
    "carbon_dioxide": Role("二氧化碳", "carbon dioxide", "%"),
    "carbon_monoxide": Role("一氧化碳", "carbon monoxide", "mg/m3"),
    "flame_temperature": Role("FID 火焰温度", "FID flame temperature", "℃"),
    "hydrogen_pressure": Role("FID 氢气压力", "FID hydrogen pressure", "kPa"),
    "methane": Role("甲烷", "methane", "mg/m3"),
    "species": Role("VOCs 组分（以碳计）", "VOC species as carbon", "mg/m3", per_factor=True),
    "sample_flow": Role("采样流量", "sample flow", "L/min"),
    "sample_pressure": Role("采样压力", "sample pressure", "kPa"),
    "response_time": Role("响应时间", "response time", "s"),
    "hot_side_oxygen": Role("热端氧含量", "oxygen on the hot side", "%"),
    "station_temperature": Role("站房温度", "station temperature", "℃"),
    "station_humidity": Role("站房湿度", "station humidity", "%"),
    "station_power": Role("站房供电（1 有 0 无）", "station power supply (1 on, 0 off)", ""),
    "load": Role("机组负荷", "unit load", "MW"),
}

MACHINES: dict[str, tuple[str, str]] = {
    "fan": ("风机", "fan"),
    "slurry_pump": ("浆液循环泵", "slurry pump"),
    "blower": ("鼓风机", "aeration blower"),
    "dosing_pump": ("加药泵", "dosing pump"),
    "sludge_press": ("污泥压滤机", "sludge press"),
    "station": ("站房用电", "station supply"),
}
"""What the machine behind an electricity meter does, where a model must know."""
