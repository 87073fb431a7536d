"""Figures of a drawing."""

from rest_framework import serializers

from config.api.serializers import Serializer


class ResourceTotalsSerializer(Serializer):
    """What all tethers declare together: processors, MB, seconds."""

    cpu = serializers.FloatField()
    memory = serializers.FloatField()
    timeout = serializers.FloatField()


class StageFiguresSerializer(Serializer):
    """Figures of one stage; times in seconds, memory in MB."""

    node_id = serializers.CharField()
    name = serializers.CharField()
    complexity = serializers.FloatField()
    estimated_duration = serializers.IntegerField()
    cpu_intensive = serializers.BooleanField()
    memory = serializers.IntegerField()
    network_calls = serializers.IntegerField()
    disk_operations = serializers.IntegerField()


class StatisticsSerializer(Serializer):
    """Figures of a drawing; times in seconds, completeness in percent."""

    container_count = serializers.IntegerField()
    action_count = serializers.IntegerField()
    edge_count = serializers.IntegerField()
    by_type = serializers.DictField(child=serializers.IntegerField())
    by_status = serializers.DictField(child=serializers.IntegerField())
    scale = serializers.ChoiceField(choices=["simple", "medium", "large", "enterprise"])
    max_depth = serializers.IntegerField()
    average_complexity = serializers.FloatField()
    completeness = serializers.FloatField()
    complexity = serializers.FloatField()
    maintainability = serializers.IntegerField()
    critical_path = serializers.ListField(child=serializers.CharField())
    critical_path_duration = serializers.FloatField()
    critical_duration = serializers.FloatField()
    resource_totals = ResourceTotalsSerializer()
    stages = StageFiguresSerializer(many=True)
